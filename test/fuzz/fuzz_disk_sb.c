/* SPDX-License-Identifier: GPL-2.0-only */
/* A copy of the superblock, with whatever checksum and then with the right one. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/format/disk_hdr.h"

static void good(const struct disk_sb *sb, const uint8_t *page)
{
	uint8_t again[DISK_PAGE_BYTES];
	struct disk_geom geom;

	CM_ASSERT(*sb->uuid && memchr(sb->uuid, 0, sizeof(sb->uuid)));
	disk_sb_encode(sb, again);
	CM_ASSERT(!memcmp(again, page, sizeof(again)));
	if (!disk_geom_init(&geom, sb->dev_bytes, sb->region_count, sb->region_size_sect,
			    sb->slot_count, NULL))
		CM_ASSERT(!disk_sb_match(sb, &geom, sb->uuid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk_sb sb;
	struct buf_rd rd;
	uint8_t *page;

	rd_init(&rd, data, size);
	page = fuzz_take(&rd, DISK_PAGE_BYTES);
	if (!disk_sb_decode(page, &sb))
		good(&sb, page);
	le32_set((struct le32 *)(page + DISK_CSUM_OFF), disk_block_csum(page));
	if (!disk_sb_decode(page, &sb))
		good(&sb, page);
	free(page);
	return 0;
}
