/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes of a device and a mirror, as a kernel or a table gives them: nothing overlaps. */
#include "test/fuzz/fuzz.h"

#include "lib/format/disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t dev_bytes, region_count, front, slot, map_bytes;
	struct cm_errmsg err = { .text = "" };
	uint32_t region_size_sect;
	struct disk_geom g;
	struct buf_rd rd;
	int r;

	rd_init(&rd, data, size);
	dev_bytes = rd_u64(&rd);
	region_count = rd_u64(&rd);
	region_size_sect = rd_u32(&rd);
	r = disk_geom_init(&g, dev_bytes, region_count, region_size_sect, rd_u8(&rd), &err);
	CM_ASSERT(!r == !*err.text);
	if (r)
		return 0;
	map_bytes = (uint64_t)g.map_pages * DISK_PAGE_BYTES;
	front = 2 * (uint64_t)g.classic_pages * DISK_PAGE_BYTES;
	slot = disk_slot_off(&g, g.slot_count - 1, 0);
	CM_ASSERT(front <= slot && slot + g.slot_count * map_bytes == g.oos_off);
	CM_ASSERT(disk_oos_off(&g, g.map_pages - 1) + DISK_PAGE_BYTES <= g.sb_off[1]);
	CM_ASSERT(g.sb_off[1] + DISK_PAGE_BYTES <= g.sb_off[0]);
	CM_ASSERT(g.sb_off[0] + DISK_PAGE_BYTES <= dev_bytes);
	CM_ASSERT(disk_page_region_count(&g, g.map_pages - 1) <= DISK_PAGE_REGIONS);
	CM_ASSERT(disk_page_first_region(g.map_pages - 1) +
		  disk_page_region_count(&g, g.map_pages - 1) == region_count);
	return 0;
}
