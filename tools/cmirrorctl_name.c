/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirrorctl_name.c - VG/LV to the log's uuid and back, through device-mapper's names and tables.
 */
#include "tools/cmirrorctl.h"

#include <errno.h>
#include <libdevmapper.h>
#include <string.h>

#include "lib/mirror/mir_line.h"

static int dm_name_from(const char *name, char *dm_name, size_t size, struct cm_errmsg *err);
static int table_uuid(const char *dm_name, char *uuid, size_t size);
static bool params_uuid(const char *params, char *uuid, size_t size);

static void dm_silent(int level, const char *file, int line, int dm_errno, const char *fmt, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)fmt;
}

int name_resolve(const char *name, char *uuid, size_t size, struct cm_errmsg *err)
{
	char dm_name[256];
	int r;

	dm_log_with_errno_init(dm_silent);
	r = dm_name_from(name, dm_name, sizeof(dm_name), err);
	if (r)
		return r;
	r = table_uuid(dm_name, uuid, size);
	if (r == -ENOENT && !strchr(name, '/') && strlen(name) < size) {
		memcpy(uuid, name, strlen(name) + 1);	/* a uuid; cmirrord says if not */
		return 0;
	}
	if (r == -ENOENT)
		cm_err_set(err, "%s is not active on this node", name);
	else if (r)
		cm_err_set(err, "%s is not a clustered mirror", name);
	return r;
}

/* "vg/lv" is "vg-lv" with the dashes inside doubled. */
static int dm_name_from(const char *name, char *dm_name, size_t size, struct cm_errmsg *err)
{
	const char *rest = strncmp(name, "/dev/", 5) ? name : name + 5;
	const char *slash = strchr(rest, '/');
	size_t at = 0;

	if (!strncmp(rest, "mapper/", 7)) {
		rest += 7;
		slash = NULL;
	}
	if ((slash && (slash == rest || !slash[1] || strchr(slash + 1, '/'))) || !*rest) {
		cm_err_set(err, "\"%s\": must be VG/LV or the uuid of a log", name);
		return -EINVAL;
	}
	for (; *rest && at + 3 < size; rest++) {
		if (rest == slash) {
			dm_name[at++] = '-';
			continue;
		}
		if (*rest == '-' && slash)
			dm_name[at++] = '-';
		dm_name[at++] = *rest;
	}
	dm_name[at] = 0;
	return 0;
}

/* 0, -ENOENT (no such device), -EMEDIUMTYPE (it is something else). */
static int table_uuid(const char *dm_name, char *uuid, size_t size)
{
	char *type = NULL, *params = NULL;
	uint64_t start, length;
	struct dm_task *task;
	int r = -ENOENT;

	task = dm_task_create(DM_DEVICE_TABLE);
	if (!task)
		return r;
	if (dm_task_set_name(task, dm_name) && dm_task_no_open_count(task) && dm_task_run(task)) {
		(void)dm_get_next_target(task, NULL, &start, &length, &type, &params);
		if (type)
			r = -EMEDIUMTYPE;
		if (type && params && !strcmp(type, "mirror") && params_uuid(params, uuid, size))
			r = 0;
	}
	dm_task_destroy(task);
	return r;
}

/* A clustered log of any client. */
static bool params_uuid(const char *params, char *uuid, size_t size)
{
	struct mir_live live;

	if (mir_line_parse(params, &live) || !live.is_ours || strlen(live.log_uuid) >= size)
		return false;
	memcpy(uuid, live.log_uuid, strlen(live.log_uuid) + 1);
	return true;
}

const char *name_show(const char *dm_name, const char *uuid)
{
	static char text[256];
	bool has_slash = false;
	size_t at = 0;
	const char *c;

	if (!*dm_name)
		return uuid;
	if (strncmp(uuid, "LVM-", 4))
		return dm_name;
	for (c = dm_name; *c && at + 1 < sizeof(text); c++) {
		if (*c == '-' && c[1] == '-') {
			text[at++] = '-';
			c++;
		} else if (*c == '-' && !has_slash) {
			text[at++] = '/';
			has_slash = true;
		} else {
			text[at++] = *c;
		}
	}
	text[at] = 0;
	return text;
}
