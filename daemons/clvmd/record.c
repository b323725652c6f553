/* SPDX-License-Identifier: GPL-2.0-only */
/* record.c - one small file per mirror on a tmpfs. */
#include "daemons/clvmd/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES	256
#define TEXT_BYTES	2048

void record_lv_uuid(const char *dm_uuid, char lv_uuid[39])
{
	static const uint8_t group[] = { 6, 4, 4, 4, 4, 4, 6 };
	const char *from = dm_uuid + 36;

	CM_ASSERT(cvw_dm_uuid_is_valid(dm_uuid));
	for (unsigned int g = 0; g < sizeof(group); g++) {
		memcpy(lv_uuid, from, group[g]);
		from += group[g];
		lv_uuid += group[g];
		*lv_uuid++ = '-';
	}
	lv_uuid[-1] = '\0';
}

int record_dir_create(struct cm_errmsg *err)
{
	int r = 0;

	if (mkdir(CM_RUN_DIR, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (!r && mkdir(RECORD_DIR, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r)
		cm_err_set(err, "cannot make the folder %s: %s", RECORD_DIR, cm_strerror(r));
	return r;
}

static void path_of(const char *dm_uuid, const char *suffix, char path[PATH_BYTES])
{
	CM_ASSERT(cvw_dm_uuid_is_valid(dm_uuid));
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", RECORD_DIR, dm_uuid, suffix);
}

static int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r = 0;
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		r = -EIO;
	(void)close(fd);
	return r;
}

int record_write(const struct record *record, struct cm_errmsg *err)
{
	char path[PATH_BYTES], temp[PATH_BYTES], text[TEXT_BYTES];
	int r, n;

	path_of(record->dm_uuid, "", path);
	path_of(record->dm_uuid, ".new", temp);
	n = snprintf(text, sizeof(text),
		     "phase=%d\nall=%d\nvg=%s\nlv=%s\ndm_uuid=%s\nlog_uuid=%s\n"
		     "vg_lock_args=%s\nlv_lock_args=%s\n",
		     (int)record->phase, record->is_all, record->vg, record->lv, record->dm_uuid,
		     record->log_uuid, record->vg_lock_args, record->lv_lock_args);
	CM_ASSERT(n > 0 && n < (int)sizeof(text));
	r = file_write(temp, text);
	if (!r && rename(temp, path) < 0)
		r = -errno;
	if (r)
		cm_err_set(err, "cannot write %s: %s", path, cm_strerror(r));
	return r;
}

static void text_copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static void line_take(struct record *r, const char *key, const char *value)
{
	if (!strcmp(key, "phase"))
		r->phase = (enum record_phase)strtoul(value, NULL, 10);
	else if (!strcmp(key, "all"))
		r->is_all = !strcmp(value, "1");
	else if (!strcmp(key, "vg"))
		text_copy(r->vg, sizeof(r->vg), value);
	else if (!strcmp(key, "lv"))
		text_copy(r->lv, sizeof(r->lv), value);
	else if (!strcmp(key, "dm_uuid"))
		text_copy(r->dm_uuid, sizeof(r->dm_uuid), value);
	else if (!strcmp(key, "log_uuid"))
		text_copy(r->log_uuid, sizeof(r->log_uuid), value);
	else if (!strcmp(key, "vg_lock_args"))
		text_copy(r->vg_lock_args, sizeof(r->vg_lock_args), value);
	else if (!strcmp(key, "lv_lock_args"))
		text_copy(r->lv_lock_args, sizeof(r->lv_lock_args), value);
}

static int text_read(const char *path, char text[TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, TEXT_BYTES - 1);
	(void)close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	return 0;
}

int record_read(const char *dm_uuid, struct record *record)
{
	char path[PATH_BYTES], text[TEXT_BYTES], *at, *line;
	struct record got;
	int r;

	path_of(dm_uuid, "", path);
	r = text_read(path, text);
	if (r)
		return r;
	memset(&got, 0, sizeof(got));
	for (line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		char *value = strchr(line, '=');

		if (!value)
			return -EBADMSG;
		*value++ = '\0';
		line_take(&got, line, value);
	}
	if (got.phase < RECORD_STARTING || got.phase > RECORD_UNLOCKING || !*got.vg || !*got.lv ||
	    strcmp(got.dm_uuid, dm_uuid))
		return -EBADMSG;
	*record = got;
	return 0;
}

void record_remove(const char *dm_uuid)
{
	char path[PATH_BYTES];

	path_of(dm_uuid, "", path);
	(void)unlink(path);
}

void record_each(void (*fn)(void *ctx, const struct record *record), void *ctx)
{
	DIR *dir = opendir(RECORD_DIR);
	struct record record;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (cvw_dm_uuid_is_valid(entry->d_name) && !record_read(entry->d_name, &record))
			fn(ctx, &record);
	if (dir)
		(void)closedir(dir);
}

int record_lock(const char *dm_uuid, unsigned int wait_ms)
{
	static const struct timespec step = { .tv_nsec = 100 * 1000000 };
	char path[PATH_BYTES];
	int fd, r;

	path_of(dm_uuid, ".lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	for (unsigned int waited_ms = 0;; waited_ms += 100) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		if (waited_ms >= wait_ms)
			break;
		(void)nanosleep(&step, NULL);
	}
	r = errno == EWOULDBLOCK ? -EAGAIN : -errno;
	(void)close(fd);
	return r;
}
