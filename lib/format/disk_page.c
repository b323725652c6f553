/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_page.c - pages of the out-of-sync bitmap and of the slots' dirty bitmaps.
 */
#include "lib/format/disk.h"

#include <string.h>

#include "base/hash.h"
#include "lib/format/disk_hdr.h"

static bool has_tail_bits(const struct disk_page_le *le, uint32_t region_count);

uint64_t disk_uuid_hash(const char *uuid)
{
	return cm_hash64(0, uuid, strlen(uuid));
}

uint64_t disk_page_first_region(uint32_t page_nr)
{
	return (uint64_t)page_nr * DISK_PAGE_REGIONS;
}

uint32_t disk_page_region_count(const struct disk_geom *geom, uint32_t page_nr)
{
	uint64_t first = disk_page_first_region(page_nr);

	CM_ASSERT(page_nr < geom->map_pages && first < geom->region_count);
	if (geom->region_count - first < DISK_PAGE_REGIONS)
		return (uint32_t)(geom->region_count - first);
	return DISK_PAGE_REGIONS;
}

void disk_page_encode(const struct disk_geom *geom, const struct disk_page_id *id,
		      const struct bits *map, uint8_t *page)
{
	struct disk_page_le *le = (struct disk_page_le *)page;

	CM_ASSERT(id->page_nr < geom->map_pages && (!map || map->count == geom->region_count));
	CM_ASSERT(id->area < geom->slot_count || id->area == DISK_AREA_OOS);
	le32_set(&le->magic, DISK_MAP_MAGIC);
	le32_set(&le->area, id->area);
	le32_set(&le->page_nr, id->page_nr);
	le64_set(&le->epoch, id->epoch);
	le64_set(&le->uuid_hash, id->uuid_hash);
	memset(le->bits, 0, sizeof(le->bits));
	if (map)
		bits_get_bytes(map, disk_page_first_region(id->page_nr), le->bits,
			       sizeof(le->bits));
	le32_set(&le->csum, disk_block_csum(page));
}

int disk_page_check(const struct disk_geom *geom, const struct disk_page_id *id,
		    const uint8_t *page)
{
	const struct disk_page_le *le = (const struct disk_page_le *)page;

	if (le32_get(&le->magic) != DISK_MAP_MAGIC)
		return CM_E_DISK_MAGIC;
	if (le32_get(&le->csum) != disk_block_csum(page))
		return CM_E_DISK_CSUM;
	if (le64_get(&le->uuid_hash) != id->uuid_hash)
		return CM_E_DISK_UUID;
	if (le64_get(&le->epoch) != id->epoch || le32_get(&le->area) != id->area ||
	    le32_get(&le->page_nr) != id->page_nr)
		return CM_E_DISK_FIELD;
	if (has_tail_bits(le, disk_page_region_count(geom, id->page_nr)))
		return CM_E_DISK_FIELD;
	return 0;
}

uint64_t disk_page_or(const struct disk_geom *geom, uint32_t page_nr, const uint8_t *page,
		      struct bits *map)
{
	const struct disk_page_le *le = (const struct disk_page_le *)page;

	CM_ASSERT(page_nr < geom->map_pages && map->count == geom->region_count);
	return bits_or_bytes(map, disk_page_first_region(page_nr), le->bits, sizeof(le->bits));
}

/* A bit past the last region: we never write one, so the page belongs to another geometry. */
static bool has_tail_bits(const struct disk_page_le *le, uint32_t region_count)
{
	size_t i = region_count / 8;

	if (region_count % 8 && le->bits[i++] >> region_count % 8)
		return true;
	for (; i < sizeof(le->bits); i++)
		if (le->bits[i])
			return true;
	return false;
}
