/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/dmtab.h"

#include <errno.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon/lg.h"

struct words {
	const char *pos;
};

static bool word_next(struct words *words, char *word, size_t size);
static bool number_next(struct words *words, uint32_t max, uint32_t *number);
static int device_match(const struct dm_names *name, const char *uuid, struct dmtab *tab);

int dmtab_parse(const char *params, struct dmtab *tab)
{
	struct words words = {params};
	struct dmtab got = *tab;
	uint32_t arg_count, i;
	char word[64];

	if (!word_next(&words, word, sizeof(word)) ||
	    (strcmp(word, "userspace") && strcmp(word, "cmirror-disk") &&
	     strcmp(word, "cmirror-core")) ||
	    !number_next(&words, 64, &arg_count) || !arg_count ||
	    !word_next(&words, got.uuid, sizeof(got.uuid)))
		return -EINVAL;
	for (i = 1; i < arg_count; i++)
		if (!word_next(&words, NULL, 0))
			return -EINVAL;
	if (!number_next(&words, 1024, &got.leg_count) || !got.leg_count)
		return -EINVAL;
	if (got.leg_count > DMTAB_LEGS_MAX)
		return -E2BIG;
	for (i = 0; i < got.leg_count; i++)
		if (!word_next(&words, got.leg[i], sizeof(got.leg[i])) ||
		    !word_next(&words, NULL, 0))
			return -EINVAL;
	*tab = got;
	return 0;
}

/* The next word into @word; with size 0 it is skipped. False at the end, or when it does not fit.
 * */
static bool word_next(struct words *words, char *word, size_t size)
{
	size_t len;

	words->pos += strspn(words->pos, " ");
	len = strcspn(words->pos, " ");
	if (!len || (size && len >= size))
		return false;
	if (size) {
		memcpy(word, words->pos, len);
		word[len] = 0;
	}
	words->pos += len;
	return true;
}

static bool number_next(struct words *words, uint32_t max, uint32_t *number)
{
	unsigned long value;
	char word[16], *end;

	if (!word_next(words, word, sizeof(word)) || word[0] < '0' || word[0] > '9')
		return false;
	value = strtoul(word, &end, 10);
	if (*end || value > max)
		return false;
	*number = (uint32_t)value;
	return true;
}

int dmtab_find(const char *uuid, struct dmtab *tab)
{
	struct dm_names *names;
	struct dm_task *task;
	struct dmtab got = {.device_count = 0};
	unsigned int next = 0;
	int r = -EIO, matched;

	task = dm_task_create(DM_DEVICE_LIST);
	if (!task)
		return -EIO;
	if (!dm_task_run(task))
		goto out;
	names = dm_task_get_names(task);
	if (!names)
		goto out;
	r = -ENOENT;
	if (!names->dev)
		goto out;	/* no devices at all */
	do {
		names = (struct dm_names *)(void *)((char *)names + next);
		matched = device_match(names, uuid, got.device_count ? NULL : &got);
		if (matched < 0) {
			r = matched;
			goto out;
		}
		got.device_count += (uint32_t)matched;
		next = names->next;
	} while (next);
	if (got.device_count) {
		*tab = got;
		r = 0;
	}
out:
	dm_task_destroy(task);
	return r;
}

/* 1 = it has such a table, and *tab (if not NULL) says which; 0 = no; or -EIO. */
static int device_match(const struct dm_names *name, const char *uuid, struct dmtab *tab)
{
	char *type = NULL, *params = NULL;
	uint64_t start, length;
	struct dm_task *task;
	struct dmtab got = {.leg_count = 0};
	void *next = NULL;
	int r = 0;

	task = dm_task_create(DM_DEVICE_TABLE);
	if (!task)
		return -EIO;
	if (!dm_task_set_major(task, (int)(name->dev >> 8 & 0xfff)) ||
	    !dm_task_set_minor(task, (int)((name->dev & 0xff) | (name->dev >> 12 & 0xfff00))) ||
	    !dm_task_no_open_count(task) || !dm_task_run(task)) {
		/* Gone since the list was made? */
		r = dm_task_get_errno(task) == ENXIO ? 0 : -EIO;
		goto out;
	}
	do {
		next = dm_get_next_target(task, next, &start, &length, &type, &params);
		if (type && params && !strcmp(type, "mirror") && !dmtab_parse(params, &got) &&
		    !strcmp(got.uuid, uuid)) {
			(void)snprintf(got.name, sizeof(got.name), "%s", name->name);
			(void)snprintf(
				got.dev, sizeof(got.dev), "%u:%u",
				(unsigned int)(name->dev >> 8 & 0xfff),
				(unsigned int)((name->dev & 0xff) | (name->dev >> 12 & 0xfff00)));
			if (tab)
				*tab = got;
			r = 1;
		}
	} while (next && !r);
out:
	dm_task_destroy(task);
	return r;
}

static void dm_log(int level, const char *file, int line, int dm_errno, const char *fmt, ...)
{
	char text[256];
	va_list args;

	(void)file;
	(void)line;
	(void)dm_errno;
	if ((level & 7) > 4)
		return;		/* libdevmapper's chatter */
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	lg_line(LG_DBG, "libdevmapper", "%s", text);
}

void dmtab_init(void)
{
	dm_log_with_errno_init(dm_log);
}
