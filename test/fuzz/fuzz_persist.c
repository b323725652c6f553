/* SPDX-License-Identifier: GPL-2.0-only */
/* The head of a file that cmirrord leaves to the next one: whether to mend its magic, the head. */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/cmirrord/persist.h"
#include "lib/format/disk.h"

#define MAGIC		0x3167656c6d6d43ull
#define CORE_BYTES	4096u

static struct persist_head found;
static unsigned int found_count;

static void on_found(void *ctx, const struct persist_head *head)
{
	(void)ctx;
	found_count++;
	found = *head;
	CM_ASSERT(memchr(head->uuid, 0, sizeof(head->uuid)));
	CM_ASSERT(memchr(head->args, 0, sizeof(head->args)));
	CM_ASSERT(persist_running_count(head) <= CML_LUIDS_MAX);
}

static bool look(const char *dir)
{
	found_count = 0;
	persist_scan(dir, on_found, NULL);
	CM_ASSERT(found_count <= 1);
	return found_count;
}

/* The next process takes it over; then its instances end, one by one. */
static void take(const char *dir, const char *uuid)
{
	struct persist persist;
	struct cm_errmsg err;
	uint64_t luid;

	CM_ASSERT(!persist_open(dir, uuid, "64 clustered-core 2", CORE_BYTES, &persist, &err));
	CM_ASSERT(persist.is_old == (found.core_bytes == CORE_BYTES));
	persist_close(&persist, true);
	while (look(dir)) {
		luid = 0;
		for (unsigned int i = 0; i < CML_LUIDS_MAX && !luid; i++)
			luid = found.luid[i];
		CM_ASSERT(luid && !strcmp(found.uuid, uuid));
		persist_forget(dir, uuid, luid);
	}
	persist_remove(dir, uuid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *dir = fuzz_dir(-1);
	struct persist_head *head;
	uint8_t *file, flags;
	struct buf_rd rd;
	char name[64];
	size_t bytes;

	rd_init(&rd, data, size);
	flags = rd_u8(&rd);
	bytes = flags & 2 ? rd_left(&rd) : PERSIST_HEAD_BYTES + CORE_BYTES;
	file = fuzz_take(&rd, PERSIST_HEAD_BYTES + CORE_BYTES);
	head = (struct persist_head *)(void *)file;
	if (flags & 1)
		head->magic = MAGIC;
	if (flags & 4)
		head->core_bytes = CORE_BYTES;
	if (bytes > PERSIST_HEAD_BYTES + CORE_BYTES)
		bytes = PERSIST_HEAD_BYTES + CORE_BYTES;
	head->uuid[sizeof(head->uuid) - 1] &= (char)(flags & 8 ? 0xff : 0);
	if (!memchr(head->uuid, 0, sizeof(head->uuid)))
		(void)snprintf(name, sizeof(name), PERSIST_PREFIX "0");
	else
		(void)snprintf(name, sizeof(name), PERSIST_PREFIX "%016llx",
			       (unsigned long long)disk_uuid_hash(head->uuid));
	fuzz_file(name, file, bytes);
	if (look(dir) && bytes == PERSIST_HEAD_BYTES + CORE_BYTES)
		take(dir, found.uuid);
	(void)snprintf((char *)file, 256, "%s/%s", dir, name);
	(void)remove((char *)file);	/* it may be gone */
	free(file);
	return 0;
}
