/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own log, or our poison: number of regions, flags (1: mend the poison; 2: many
 * regions, which is slow), block 0.
 */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "lib/format/disk_hdr.h"

#define UUID		"LVM-a1"
#define REGIONS_FEW	300u
#define REGIONS_MANY	26000u	/* into block 1 */
#define BLOCK0_REGIONS	((DISK_PAGE_BYTES - DISK_CLASSIC_BITS_OFF) * 8u)

static void mend(uint8_t *block)
{
	struct disk_classic_le *le = (struct disk_classic_le *)block;

	le64_set(&le->uuid_hash, disk_uuid_hash(UUID));
	le32_set(&le->csum, cm_crc32c(0, le, offsetof(struct disk_classic_le, csum)));
}

/* The same bytes as block 0 and as block 1: every bit means what it says, and none beyond. */
static void import(const struct disk_geom *geom, const uint8_t *block, uint64_t stored,
		   struct bits *oos)
{
	const uint8_t *clean = block + DISK_CLASSIC_BITS_OFF;
	uint64_t i, end = stored < oos->count ? stored : oos->count;
	bool is_clean;

	bits_fill(oos, true);
	disk_classic_import(block, 0, stored, oos);
	if (geom->classic_pages > 1)
		disk_classic_import(block, 1, stored, oos);
	for (i = 0; i < oos->count; i++) {
		uint64_t k = i - BLOCK0_REGIONS;

		if (i < BLOCK0_REGIONS)
			is_clean = clean[i / 8] >> i % 8 & 1;
		else
			is_clean = k / 8 < DISK_PAGE_BYTES && (block[k / 8] >> k % 8 & 1);
		CM_ASSERT(bits_test(oos, i) == !(is_clean && i < end));
	}
}

static void again(const struct disk_geom *geom, const struct disk_classic *classic,
		  const struct bits *oos)
{
	bool is_poison = classic->kind == DISK_CLASSIC_POISONED;
	uint8_t block[DISK_PAGE_BYTES];
	struct disk_classic got;
	uint64_t i;

	disk_classic_encode(geom, 0, oos, is_poison, classic->epoch, UUID, block);
	disk_classic_decode(block, UUID, &got);
	CM_ASSERT(got.kind == classic->kind && got.epoch == classic->epoch);
	CM_ASSERT(is_poison || got.region_count == geom->region_count);
	for (i = 0; i < oos->count && i < BLOCK0_REGIONS; i++)
		CM_ASSERT((block[DISK_CLASSIC_BITS_OFF + i / 8] >> i % 8 & 1) !=
			  bits_test(oos, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk_classic classic;
	struct disk_geom geom;
	struct buf_rd rd;
	struct bits oos;
	uint8_t *block;
	uint32_t regions;
	uint8_t flags;

	rd_init(&rd, data, size);
	regions = rd_u32(&rd);
	flags = rd_u8(&rd);
	regions = 1 + regions % (flags & 2 ? REGIONS_MANY : REGIONS_FEW);
	CM_ASSERT(!disk_geom_init(&geom, 8u << 20, regions, 2048, 4, NULL));
	block = fuzz_take(&rd, DISK_PAGE_BYTES);
	if (flags & 1)
		mend(block);
	disk_classic_decode(block, UUID, &classic);
	CM_ASSERT(!bits_alloc(&oos, geom.region_count));
	if (classic.kind == DISK_CLASSIC_VALID)
		import(&geom, block, classic.region_count, &oos);
	if (classic.kind != DISK_CLASSIC_FOREIGN)
		again(&geom, &classic, &oos);
	bits_free(&oos);
	free(block);
	return 0;
}
