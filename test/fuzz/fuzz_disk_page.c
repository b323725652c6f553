/* SPDX-License-Identifier: GPL-2.0-only */
/* A bitmap page of a small map: number of regions, number of the page, the page. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/format/disk_hdr.h"

#define REGIONS_MAX	100000u	/* four pages */
#define SLOTS		4u

static void good(const struct disk_geom *geom, const struct disk_page_id *id, const uint8_t *page)
{
	uint8_t again[DISK_PAGE_BYTES];
	struct bits map;

	CM_ASSERT(!bits_alloc(&map, geom->region_count));
	CM_ASSERT(disk_page_or(geom, id->page_nr, page, &map) == bits_weight(&map));
	disk_page_encode(geom, id, &map, again);
	CM_ASSERT(!memcmp(again, page, sizeof(again)));
	bits_free(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk_page_id id = { .area = DISK_AREA_OOS };
	const struct disk_page_le *le;
	struct disk_geom geom;
	struct buf_rd rd;
	uint8_t *page;

	rd_init(&rd, data, size);
	CM_ASSERT(!disk_geom_init(&geom, 8u << 20, 1 + rd_u32(&rd) % REGIONS_MAX, 2048, SLOTS,
				  NULL));
	id.page_nr = rd_u8(&rd) % geom.map_pages;
	page = fuzz_take(&rd, DISK_PAGE_BYTES);
	le = (const struct disk_page_le *)page;
	if (le32_get(&le->area) < SLOTS)
		id.area = le32_get(&le->area);
	id.epoch = le64_get(&le->epoch);
	id.uuid_hash = le64_get(&le->uuid_hash);
	le32_set((struct le32 *)(page + DISK_CSUM_OFF), disk_block_csum(page));
	if (!disk_page_check(&geom, &id, page))
		good(&geom, &id, page);
	free(page);
	return 0;
}
