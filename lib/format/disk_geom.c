/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_geom.c - where everything lies on the log device.
 */
#include "lib/format/disk.h"

#include <inttypes.h>
#include <stdio.h>

#define SECTOR_BYTES		512u
#define SB_OFF_FROM_END		65536u	/* copy 0; copy 1 is as far again from it */
#define CLASSIC_GROWTH		2u	/* it may double before it reaches ours (hazard L18) */
#define HINT_BYTES		64u

CM_STATIC_ASSERT(SB_OFF_FROM_END % DISK_PAGE_BYTES == 0);
CM_STATIC_ASSERT(DISK_CLASSIC_BITS_OFF < DISK_PAGE_BYTES);

static int counts_check(uint64_t dev_bytes, uint64_t region_count, uint32_t region_size_sect,
			uint32_t slot_count, struct cm_errmsg *err);
static uint32_t map_pages_for(uint64_t region_count);
static uint32_t classic_pages_for(uint64_t region_count);
static uint64_t bytes_needed(uint64_t region_count, uint32_t slot_count);
static void size_hint(char *text, uint64_t region_count, uint32_t region_size_sect,
		      uint32_t slot_count, uint64_t dev_bytes);

int disk_geom_init(struct disk_geom *geom, uint64_t dev_bytes, uint64_t region_count,
		   uint32_t region_size_sect, uint32_t slot_count, struct cm_errmsg *err)
{
	uint64_t end = dev_bytes - dev_bytes % DISK_PAGE_BYTES;
	char hint[HINT_BYTES];
	int r;

	r = counts_check(dev_bytes, region_count, region_size_sect, slot_count, err);
	if (r)
		return r;
	if (end < bytes_needed(region_count, slot_count)) {
		size_hint(hint, region_count, region_size_sect, slot_count, end);
		cm_err_set(err, "log device of %" PRIu64 " bytes is too small: %" PRIu64
			   " regions and %" PRIu32 " slots need %" PRIu64 " bytes%s",
			   dev_bytes, region_count, slot_count,
			   bytes_needed(region_count, slot_count), hint);
		return CM_E_DISK_SPACE;
	}
	geom->dev_bytes = dev_bytes;
	geom->region_count = region_count;
	geom->region_size_sect = region_size_sect;
	geom->slot_count = slot_count;
	geom->map_pages = map_pages_for(region_count);
	geom->classic_pages = classic_pages_for(region_count);
	geom->sb_off[0] = end - SB_OFF_FROM_END;
	geom->sb_off[1] = end - 2 * SB_OFF_FROM_END;
	geom->oos_off = geom->sb_off[1] - (uint64_t)geom->map_pages * DISK_PAGE_BYTES;
	return 0;
}

uint64_t disk_oos_off(const struct disk_geom *geom, uint32_t page_nr)
{
	CM_ASSERT(page_nr < geom->map_pages);
	return geom->oos_off + (uint64_t)page_nr * DISK_PAGE_BYTES;
}

uint64_t disk_slot_off(const struct disk_geom *geom, uint32_t slot, uint32_t page_nr)
{
	uint64_t map_bytes = (uint64_t)geom->map_pages * DISK_PAGE_BYTES;

	CM_ASSERT(slot < geom->slot_count);
	return disk_oos_off(geom, page_nr) - (slot + 1) * map_bytes;
}

static int counts_check(uint64_t dev_bytes, uint64_t region_count, uint32_t region_size_sect,
			uint32_t slot_count, struct cm_errmsg *err)
{
	char hint[HINT_BYTES];

	if (!region_count) {
		cm_err_set(err, "a log of 0 regions: at least 1 is needed");
		return CM_E_DISK_GEOMETRY;
	}
	if (region_size_sect < 2 || region_size_sect & (region_size_sect - 1)) {
		cm_err_set(err, "region size of %" PRIu32
			   " sectors: must be a power of two of at least 2", region_size_sect);
		return CM_E_DISK_GEOMETRY;
	}
	if (region_count > DISK_REGIONS_MAX) {
		size_hint(hint, region_count, region_size_sect, 1, UINT64_MAX);
		cm_err_set(err, "%" PRIu64 " regions: at most %u are supported%s",
			   region_count, DISK_REGIONS_MAX, hint);
		return CM_E_DISK_GEOMETRY;
	}
	if (!slot_count || slot_count > DISK_SLOTS_MAX) {
		cm_err_set(err, "%" PRIu32 " slots: must be 1 to %u", slot_count, DISK_SLOTS_MAX);
		return CM_E_DISK_GEOMETRY;
	}
	if (dev_bytes % SECTOR_BYTES) {
		cm_err_set(err, "log device of %" PRIu64 " bytes: not a multiple of %u",
			   dev_bytes, SECTOR_BYTES);
		return CM_E_DISK_GEOMETRY;
	}
	return 0;
}

static uint32_t map_pages_for(uint64_t region_count)
{
	return (uint32_t)((region_count + DISK_PAGE_REGIONS - 1) / DISK_PAGE_REGIONS);
}

/* The kernel rounds its bitmap up to whole longs, and writes them. */
static uint32_t classic_pages_for(uint64_t region_count)
{
	uint64_t bytes = DISK_CLASSIC_BITS_OFF + (region_count + 63) / 64 * 8;

	return (uint32_t)((bytes + DISK_PAGE_BYTES - 1) / DISK_PAGE_BYTES);
}

static uint64_t bytes_needed(uint64_t region_count, uint32_t slot_count)
{
	uint64_t pages = CLASSIC_GROWTH * (uint64_t)classic_pages_for(region_count) +
			 (slot_count + 1) * (uint64_t)map_pages_for(region_count);

	return pages * DISK_PAGE_BYTES + 2 * SB_OFF_FROM_END;
}

/* The smallest region size with which a mirror of this length fits; "" when none does. */
static void size_hint(char *text, uint64_t region_count, uint32_t region_size_sect,
		      uint32_t slot_count, uint64_t dev_bytes)
{
	static const char units[] = "KMGT";
	uint64_t kib = region_size_sect / 2;
	size_t unit = 0;

	while (region_count > DISK_REGIONS_MAX ||
	       bytes_needed(region_count, slot_count) > dev_bytes) {
		if (region_count == 1) {
			text[0] = 0;
			return;
		}
		region_count = region_count / 2 + region_count % 2;
		kib *= 2;
	}
	while (kib % 1024 == 0 && units[unit + 1]) {
		kib /= 1024;
		unit++;
	}
	snprintf(text, HINT_BYTES, "; a region size of %" PRIu64 " %ciB or more fits", kib,
		 units[unit]);
}
