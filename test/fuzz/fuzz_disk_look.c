/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log device that is about to be used: which checksums to mend, then the front of block 0 and of
 * both superblocks, as much as is not zero.
 */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "lib/format/disk_hdr.h"

#define UUID		"LVM-a1"
#define BLOCK0_BYTES	64u
#define SB_BYTES	1536u

static uint8_t *page_of(struct buf_rd *rd, size_t bytes)
{
	uint8_t *front = fuzz_take(rd, bytes), *page = calloc(1, DISK_PAGE_BYTES);

	CM_ASSERT(page);
	memcpy(page, front, bytes);
	free(front);
	return page;
}

static void mend(uint8_t flags, uint8_t *block0, uint8_t *const sb_page[2])
{
	struct disk_classic_le *le = (struct disk_classic_le *)block0;

	if (flags & 1)
		le64_set(&le->uuid_hash, disk_uuid_hash(UUID));
	if (flags & 2)
		le32_set(&le->csum, cm_crc32c(0, le, offsetof(struct disk_classic_le, csum)));
	for (unsigned int i = 0; i < 2; i++)
		if (flags & 4u << i)
			le32_set((struct le32 *)(sb_page[i] + DISK_CSUM_OFF),
				 disk_block_csum(sb_page[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_errmsg err = { .text = "" };
	uint8_t *block0, *sb_page[2], again[DISK_PAGE_BYTES];
	struct disk_log log;
	struct buf_rd rd;
	uint8_t flags;
	int r;

	rd_init(&rd, data, size);
	flags = rd_u8(&rd);
	block0 = page_of(&rd, BLOCK0_BYTES);
	sb_page[0] = page_of(&rd, SB_BYTES);
	sb_page[1] = page_of(&rd, SB_BYTES);
	mend(flags, block0, sb_page);
	r = disk_log_look(block0, (const uint8_t *const *)sb_page, UUID, &log, &err);
	CM_ASSERT(!r == !*err.text);
	if (!r && log.kind == DISK_LOG_OURS) {
		CM_ASSERT(!strcmp(log.sb.uuid, UUID));
		disk_sb_encode(&log.sb, again);
		CM_ASSERT(!memcmp(again, sb_page[0], sizeof(again)) ||
			  !memcmp(again, sb_page[1], sizeof(again)));
	}
	free(block0);
	free(sb_page[0]);
	free(sb_page[1]);
	return 0;
}
