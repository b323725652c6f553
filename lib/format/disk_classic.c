/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_classic.c - the area a stock kernel reads and writes as its own `disk` log.
 *
 * The kernel's header has no checksum: what a valid magic and version carry is taken as it stands,
 * as the kernel takes it. Our poison has one, so that a half-written poison counts as foreign:
 * everything out of sync.
 */
#include "lib/format/disk.h"

#include <string.h>

#include "base/hash.h"
#include "lib/format/disk_hdr.h"

#define CHUNK_BYTES	512u	/* turned over on the stack */
#define BLOCK0_REGIONS	((DISK_PAGE_BYTES - DISK_CLASSIC_BITS_OFF) * 8u)
#define BLOCK_REGIONS	(DISK_PAGE_BYTES * 8u)

CM_STATIC_ASSERT((DISK_PAGE_BYTES - DISK_CLASSIC_BITS_OFF) % CHUNK_BYTES == 0);

static uint64_t block_first_region(uint32_t block_nr);
static bool poison_ok(const struct disk_classic_le *le, const char *uuid);
static void header_encode(const struct disk_geom *geom, bool poison, uint64_t epoch,
			  const char *uuid, struct disk_classic_le *le);

void disk_classic_decode(const uint8_t *block0, const char *uuid, struct disk_classic *out)
{
	const struct disk_classic_le *le = (const struct disk_classic_le *)block0;
	uint32_t magic = le32_get(&le->magic);
	uint32_t version = le32_get(&le->version);

	memset(out, 0, sizeof(*out));
	out->kind = DISK_CLASSIC_FOREIGN;
	if (magic == DISK_CLASSIC_MAGIC && (version == 1 || version == DISK_CLASSIC_VERSION)) {
		out->kind = DISK_CLASSIC_VALID;
		out->region_count = le64_get(&le->region_count);
	} else if (magic == DISK_POISON_MAGIC && poison_ok(le, uuid)) {
		out->kind = DISK_CLASSIC_POISONED;
		out->epoch = le64_get(&le->epoch);
	}
}

void disk_classic_import(const uint8_t *block, uint32_t block_nr, uint64_t stored_count,
			 struct bits *oos)
{
	uint64_t end = stored_count < oos->count ? stored_count : oos->count;
	uint64_t first = block_first_region(block_nr);
	uint64_t region_count = block_nr ? BLOCK_REGIONS : BLOCK0_REGIONS;
	const uint8_t *clean = block_nr ? block : block + DISK_CLASSIC_BITS_OFF;
	uint8_t chunk[CHUNK_BYTES];
	uint64_t at, chunk_regions;
	size_t i, len_bytes;

	for (at = 0; at < region_count && first + at < end; at += chunk_regions) {
		chunk_regions = CHUNK_BYTES * 8;
		if (chunk_regions > end - first - at)
			chunk_regions = end - first - at;
		len_bytes = (size_t)(chunk_regions + 7) / 8;
		bits_get_bytes(oos, first + at, chunk, len_bytes);
		for (i = 0; i < chunk_regions / 8; i++)
			chunk[i] &= (uint8_t)~clean[at / 8 + i];
		if (chunk_regions % 8)
			chunk[i] &= (uint8_t)~(clean[at / 8 + i] & ((1u << chunk_regions % 8) - 1));
		bits_put_bytes(oos, first + at, chunk, len_bytes);
	}
}

void disk_classic_encode(const struct disk_geom *geom, uint32_t block_nr, const struct bits *oos,
			 bool poison, uint64_t epoch, const char *uuid, uint8_t *block)
{
	uint64_t first = block_first_region(block_nr);
	uint8_t *clean = block_nr ? block : block + DISK_CLASSIC_BITS_OFF;
	size_t len_bytes = block_nr ? DISK_PAGE_BYTES : DISK_PAGE_BYTES - DISK_CLASSIC_BITS_OFF;
	uint64_t tail = geom->region_count - first;
	size_t i;

	CM_ASSERT(block_nr < geom->classic_pages && oos->count == geom->region_count);
	if (!block_nr)
		header_encode(geom, poison, epoch, uuid, (struct disk_classic_le *)block);

	bits_get_bytes(oos, first, clean, len_bytes);
	for (i = 0; i < len_bytes; i++)
		clean[i] = (uint8_t)~clean[i];
	if (tail >= len_bytes * 8)
		return;
	if (tail % 8)
		clean[tail / 8] &= (uint8_t)((1u << tail % 8) - 1);
	memset(clean + (tail + 7) / 8, 0, len_bytes - (size_t)(tail + 7) / 8);
}

static uint64_t block_first_region(uint32_t block_nr)
{
	return block_nr ? BLOCK0_REGIONS + (uint64_t)(block_nr - 1) * BLOCK_REGIONS : 0;
}

static bool poison_ok(const struct disk_classic_le *le, const char *uuid)
{
	return le32_get(&le->csum) == cm_crc32c(0, le, offsetof(struct disk_classic_le, csum)) &&
	       le64_get(&le->uuid_hash) == disk_uuid_hash(uuid);
}

static void header_encode(const struct disk_geom *geom, bool poison, uint64_t epoch,
			  const char *uuid, struct disk_classic_le *le)
{
	memset(le, 0, DISK_CLASSIC_BITS_OFF);
	if (!poison) {
		le32_set(&le->magic, DISK_CLASSIC_MAGIC);
		le32_set(&le->version, DISK_CLASSIC_VERSION);
		le64_set(&le->region_count, geom->region_count);
		return;
	}
	le32_set(&le->magic, DISK_POISON_MAGIC);
	le64_set(&le->epoch, epoch);
	le64_set(&le->uuid_hash, disk_uuid_hash(uuid));
	le32_set(&le->csum, cm_crc32c(0, le, offsetof(struct disk_classic_le, csum)));
}
