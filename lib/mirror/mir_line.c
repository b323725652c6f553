/* SPDX-License-Identifier: GPL-2.0-only */
/* mir_line.c - table lines: build and read back. */
#include "lib/mirror/mir_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
	char *at, *end;
	bool is_full;
};

static CM_PRINTF(2, 3) void line_add(struct line *line, const char *fmt, ...)
{
	size_t room = (size_t)(line->end - line->at);
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line->at, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		line->is_full = true;
	else
		line->at += n;
}

static void log_add(struct line *line, const struct mir *mir, enum mir_client client)
{
	const char *kind = mir->has_log ? "disk" : "core";
	uint32_t words = mir->has_log ? 5 : 4;

	if (client == MIR_CLIENT_MODULE)
		line_add(line, "cmirror-%s %u %s", kind, words, mir->log_uuid);
	else
		line_add(line, "userspace %u %s integrated_flush clustered-%s", words + 2,
			 mir->log_uuid, kind);
}

void mir_line_build(const struct mir *mir, const struct mir_devs *devs, uint32_t gen,
		    enum mir_client client, char out[MIR_LINE_BYTES])
{
	struct line line = { .at = out, .end = out + MIR_LINE_BYTES };

	log_add(&line, mir, client);
	if (mir->has_log)
		line_add(&line, " %u:%u", devs->log.major, devs->log.minor);
	line_add(&line, " %u gen=%u legs=%016" PRIx64, mir->region_size_sect, gen,
		 mir_legs_hash(mir));
	line_add(&line, " %u", mir->leg_count);
	for (uint32_t i = 0; i < mir->leg_count; i++)
		line_add(&line, " %u:%u 0", devs->leg[i].major, devs->leg[i].minor);
	line_add(&line, " 1 handle_errors");
	CM_ASSERT(!line.is_full);
}

const char *mir_seg_target(const struct mir_seg *seg)
{
	return seg->area_count == 1 ? "linear" : "striped";
}

int mir_seg_line_build(const struct mir_seg *seg, const struct mir_dev *dev, char *out, size_t size)
{
	struct line line = { .at = out, .end = out + size };

	if (seg->area_count > 1)
		line_add(&line, "%u %u ", seg->area_count, seg->stripe_sect);
	for (uint32_t i = 0; i < seg->area_count; i++)
		line_add(&line, "%s%u:%u %" PRIu64, i ? " " : "", dev[i].major, dev[i].minor,
			 seg->area[i].off_sect);
	return line.is_full ? -ENOSPC : 0;
}

/* ---- reading ---- */

static const char *word_next(char **at)
{
	char *word = strtok_r(NULL, " ", at);

	return word ? word : "";
}

static bool dev_parse(const char *word, struct mir_dev *dev)
{
	unsigned long long major, minor;
	char rest;

	/* %llu takes a sign, and a number of any length for another one. */
	if (strspn(word, "0123456789:") != strlen(word) ||
	    sscanf(word, "%llu:%llu%c", &major, &minor, &rest) != 2 || major > UINT32_MAX ||
	    minor > UINT32_MAX)
		return false;
	dev->major = (uint32_t)major;
	dev->minor = (uint32_t)minor;
	return true;
}

static bool number_parse(const char *word, uint32_t max, uint32_t *value)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || v > max)
		return false;
	*value = (uint32_t)v;
	return true;
}

/* UUID [integrated_flush] TYPE ...; @count words in all. Returns false when they are not of this
 * form. */
static bool userspace_parse(char **at, uint32_t count, struct mir_live *live)
{
	const char *word = word_next(at);
	uint32_t used = 1;

	if (count < 2 || strlen(word) >= sizeof(live->log_uuid) || !*word)
		return false;
	memcpy(live->log_uuid, word, strlen(word) + 1);
	word = word_next(at);
	used++;
	if (!strcmp(word, "integrated_flush") && used < count) {
		word = word_next(at);
		used++;
	}
	live->is_ours = !strcmp(word, "clustered-disk") || !strcmp(word, "clustered-core");
	if (!strcmp(word, "clustered-disk")) {
		if (used == count || !dev_parse(word_next(at), &live->log))
			return false;
		used++;
		live->has_log = true;
	}
	while (used++ < count)
		(void)word_next(at);
	return true;
}

/* UUID [DEV] REGION ...; @count words in all. */
static bool module_parse(char **at, const char *type, uint32_t count, struct mir_live *live)
{
	const char *word = word_next(at);
	uint32_t used = 1;

	if (count < 2 || strlen(word) >= sizeof(live->log_uuid) || !*word)
		return false;
	memcpy(live->log_uuid, word, strlen(word) + 1);
	live->is_ours = true;
	live->client = MIR_CLIENT_MODULE;
	live->has_log = !strcmp(type, "cmirror-disk");
	if (live->has_log && (used++ == count || !dev_parse(word_next(at), &live->log)))
		return false;
	while (used++ < count)
		(void)word_next(at);
	return true;
}

static bool log_parse(char **at, const char *type, struct mir_live *live)
{
	uint32_t count;

	if (!number_parse(word_next(at), 64, &count))
		return false;
	if (!strcmp(type, "userspace"))
		return userspace_parse(at, count, live);
	if (!strcmp(type, "cmirror-disk") || !strcmp(type, "cmirror-core"))
		return module_parse(at, type, count, live);
	for (uint32_t i = 0; i < count; i++) {
		const char *word = word_next(at);

		if (!i && !strcmp(type, "disk")) {
			if (!dev_parse(word, &live->log))
				return false;
			live->has_log = true;
		}
	}
	return true;
}

int mir_line_parse(const char *params, struct mir_live *live)
{
	struct mir_live found = { .is_ours = false };
	char copy[MIR_LINE_BYTES * 2], *at;
	const char *type;

	if (strlen(params) >= sizeof(copy))
		return -EBADMSG;
	memcpy(copy, params, strlen(params) + 1);
	type = strtok_r(copy, " ", &at);
	if (!type || !log_parse(&at, type, &found))
		return -EBADMSG;
	if (!number_parse(word_next(&at), MIR_LEGS_MAX, &found.leg_count))
		return -EBADMSG;
	for (uint32_t i = 0; i < found.leg_count; i++) {
		if (!dev_parse(word_next(&at), &found.leg[i]))
			return -EBADMSG;
		(void)word_next(&at);		/* offset */
	}
	*live = found;
	return 0;
}
