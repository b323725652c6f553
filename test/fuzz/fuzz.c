/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz.c - see fuzz.h. */
#include "test/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <libdevmapper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/format/kabi_hdr.h"

static char dir[128];

static void dm_silent(int level, const char *file, int line, int dm_errno, const char *fmt, ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)fmt;
}

/* libdevmapper tells every text that it does not like. */
static void __attribute__((constructor)) dm_silence(void)
{
	dm_log_with_errno_init(dm_silent);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	CM_ASSERT(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	return text;
}

uint8_t *fuzz_take(struct buf_rd *rd, size_t size)
{
	size_t have = rd_left(rd) < size ? rd_left(rd) : size;
	uint8_t *bytes = calloc(1, size);

	CM_ASSERT(bytes);
	rd_bytes(rd, bytes, have);
	return bytes;
}

static int one_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void dir_remove(void)
{
	(void)nftw(dir, one_remove, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_dir(int fd)
{
	const char *tmp = getenv("TMPDIR");
	int opened;

	if (!*dir) {
		(void)snprintf(dir, sizeof(dir), "%.90s/cm-fuzz-XXXXXX", tmp ? tmp : "/tmp");
		CM_ASSERT(mkdtemp(dir) && !atexit(dir_remove));
	}
	if (fd >= 0 && fcntl(fd, F_GETFD) < 0) {
		opened = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CM_ASSERT(opened >= 0 && dup2(opened, fd) == fd);
		(void)close(opened);
	}
	return dir;
}

void fuzz_file(const char *name, const void *data, size_t size)
{
	char path[512], *slash;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", fuzz_dir(-1), name);
	slash = strrchr(path, '/');
	*slash = 0;
	(void)mkdir(path, 0700);	/* it is there: open() says if not */
	*slash = '/';
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CM_ASSERT(fd >= 0 && (!size || write(fd, data, size) == (ssize_t)size));
	(void)close(fd);
}

void fuzz_lines(char *text, void (*fn)(void *ctx, const char *key, const char *value), void *ctx)
{
	char *newline, *equals;

	for (; (newline = strchr(text, '\n')); text = newline + 1) {
		*newline = 0;
		equals = strchr(text, '=');
		if (!equals && *text)
			return;
		if (equals)
			*equals = 0;
		fn(ctx, text, equals ? equals + 1 : "");
	}
}

void fuzz_kabi(const uint8_t *data, size_t size, void (*one)(const uint8_t *data, size_t size))
{
	uint32_t nl = (uint32_t)size, payload = (uint32_t)(size - KABI_OFF_DATA);
	uint16_t cn = (uint16_t)(size - KABI_OFF_RQ);
	uint8_t *copy;

	one(data, size);
	if (size < KABI_OFF_DATA)
		return;
	copy = malloc(size);
	CM_ASSERT(copy);
	memcpy(copy, data, size);
	memcpy(copy, &nl, sizeof(nl));
	memcpy(copy + KABI_OFF_CN + offsetof(struct kabi_cn, len), &cn, sizeof(cn));
	memcpy(copy + KABI_OFF_RQ + offsetof(struct kabi_rq, data_size), &payload,
	       sizeof(payload));
	one(copy, size);
	free(copy);
}
