/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/persist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon/lg.h"
#include "lib/format/disk.h"

#define MAGIC		0x3167656c6d6d43ull

CM_STATIC_ASSERT(sizeof(struct persist_head) <= PERSIST_HEAD_BYTES);

static void path_make(char *path, size_t size, const char *dir, const char *uuid);
static int file_map(struct persist *persist, bool *is_new);
static bool head_ok(const struct persist_head *head);
static bool head_has_luid(const struct persist_head *head);
static bool head_read(const char *dir, const char *name, struct persist_head *head);

int persist_open(const char *dir, const char *uuid, const char *args, size_t core_bytes,
		 struct persist *persist, struct cm_errmsg *err)
{
	struct persist got = {.bytes = PERSIST_HEAD_BYTES + core_bytes};
	bool is_new = false;
	int r;

	CM_ASSERT(strlen(uuid) < KABI_UUID_BYTES && strlen(args) <= KABI_ARGS_MAX);
	path_make(got.path, sizeof(got.path), dir, uuid);
	r = file_map(&got, &is_new);
	if (r) {
		cm_err_set(err, "%s: %s (%zu bytes are needed there)", got.path, cm_strerror(r),
			   got.bytes);
		return r;
	}
	got.core = (uint8_t *)got.head + PERSIST_HEAD_BYTES;
	got.is_old = !is_new && head_ok(got.head) && !strcmp(got.head->uuid, uuid) &&
		     got.head->core_bytes == core_bytes && head_has_luid(got.head);
	if (!got.is_old) {
		memset(got.head, 0, got.bytes);
		got.head->core_bytes = core_bytes;
		memcpy(got.head->uuid, uuid, strlen(uuid) + 1);
		got.head->magic = MAGIC;
	}
	memset(got.head->args, 0, sizeof(got.head->args));
	memcpy(got.head->args, args, strlen(args));
	*persist = got;
	return 0;
}

/* A file of the right length keeps its contents, any other starts from zeroes. */
static int file_map(struct persist *persist, bool *is_new)
{
	struct stat st;
	void *map;
	int fd, r;

	fd = open(persist->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		r = -errno;
		goto out_close;
	}
	*is_new = (uint64_t)st.st_size != persist->bytes;
	if (*is_new && ftruncate(fd, 0)) {
		r = -errno;
		goto out_close;
	}
	/* All blocks now: a full tmpfs later would be a SIGBUS in the middle of a mark. */
	r = -posix_fallocate(fd, 0, (off_t)persist->bytes);
	if (r)
		goto out_unlink;
	map = mmap(NULL, persist->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED) {
		r = -errno;
		goto out_unlink;
	}
	if (mlock(map, persist->bytes)) {
		r = -errno;
		(void)munmap(map, persist->bytes);
		goto out_unlink;
	}
	persist->head = map;
	close(fd);
	return 0;

out_unlink:
	if (*is_new)
		(void)unlink(persist->path);	/* nothing was in it */
out_close:
	close(fd);
	return r;
}

void persist_close(struct persist *persist, bool keep)
{
	if (!persist->head)
		return;
	(void)munmap(persist->head, persist->bytes);	/* our own mapping */
	persist->head = NULL;
	if (!keep)
		(void)unlink(persist->path);	/* without a luid in it, it means nothing anyway */
}

bool persist_has_luid(const struct persist *persist, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (luid && persist->head->luid[i] == luid)
			return true;
	return false;
}

int persist_luid_add(struct persist *persist, uint64_t luid)
{
	uint32_t i;

	if (persist_has_luid(persist, luid))
		return 0;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (!persist->head->luid[i]) {
			persist->head->is_running[i] = 0;
			persist->head->luid[i] = luid;
			return 0;
		}
	return -ENOSPC;
}

static void luid_del(struct persist_head *head, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (head->luid[i] == luid)
			head->luid[i] = head->is_running[i] = 0;
}

void persist_luid_del(struct persist *persist, uint64_t luid)
{
	luid_del(persist->head, luid);
}

void persist_running_set(struct persist *persist, uint64_t luid, bool running)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (luid && persist->head->luid[i] == luid)
			persist->head->is_running[i] = running;
}

uint32_t persist_running_count(const struct persist_head *head)
{
	uint32_t i, count = 0;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		count += head->luid[i] && head->is_running[i];
	return count;
}

static void path_make(char *path, size_t size, const char *dir, const char *uuid)
{
	(void)snprintf(path, size, "%s/" PERSIST_PREFIX "%016llx", dir,
		       (unsigned long long)disk_uuid_hash(uuid));
}

void persist_remove(const char *dir, const char *uuid)
{
	char path[128];

	path_make(path, sizeof(path), dir, uuid);
	(void)unlink(path);	/* a file that stays only makes us look again */
}

void persist_forget(const char *dir, const char *uuid, uint64_t luid)
{
	struct persist_head head;
	char path[128];
	int fd;

	path_make(path, sizeof(path), dir, uuid);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (read(fd, &head, sizeof(head)) != (ssize_t)sizeof(head) || !head_ok(&head) ||
	    strcmp(head.uuid, uuid))
		goto out;
	luid_del(&head, luid);
	if (!head_has_luid(&head))
		(void)unlink(path);
	else if (pwrite(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		lg_line(LG_WARN, uuid, "%s: not written", path);
out:
	close(fd);
}

void persist_scan(const char *dir,
		  void (*found)(void *ctx, const struct persist_head *head), void *ctx)
{
	struct persist_head head;
	struct dirent *entry;
	DIR *stream;

	stream = opendir(dir);
	if (!stream)
		return;		/* no former process */
	while ((entry = readdir(stream)))
		if (!strncmp(entry->d_name, PERSIST_PREFIX, strlen(PERSIST_PREFIX)) &&
		    head_read(dir, entry->d_name, &head) && head_has_luid(&head))
			found(ctx, &head);
	closedir(stream);
}

static bool head_read(const char *dir, const char *name, struct persist_head *head)
{
	char path[512];
	ssize_t got;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	got = read(fd, head, sizeof(*head));
	close(fd);
	return got == (ssize_t)sizeof(*head) && head_ok(head);
}

static bool head_ok(const struct persist_head *head)
{
	return head->magic == MAGIC && memchr(head->uuid, 0, sizeof(head->uuid)) &&
	       memchr(head->args, 0, sizeof(head->args));
}

static bool head_has_luid(const struct persist_head *head)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (head->luid[i])
			return true;
	return false;
}
