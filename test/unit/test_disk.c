/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log device: layout for all kinds of sizes, ranges of the superblock, pages with their tails,
 * and the way of a bitmap into the kernel's own area and back. The bytes are in test/abi/.
 */
#include "lib/format/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "test/lib/tap.h"

#define MIB	((uint64_t)1 << 20)
#define UUID	"LVM-a1"
#define GUARD	64

static uint8_t page[DISK_PAGE_BYTES + GUARD];

/* ---- geometry ---- */

static int geom_init(struct disk_geom *geom, uint64_t dev_bytes, uint64_t region_count)
{
	return disk_geom_init(geom, dev_bytes, region_count, 1024, 32, NULL);
}

/* Everything lies apart, in the order of the picture, and within the device. */
static bool geom_is_sound(const struct disk_geom *geom)
{
	uint64_t map_bytes = (uint64_t)geom->map_pages * DISK_PAGE_BYTES;
	uint64_t classic_bytes = (uint64_t)geom->classic_pages * DISK_PAGE_BYTES;
	uint64_t end = geom->dev_bytes / DISK_PAGE_BYTES * DISK_PAGE_BYTES;
	uint64_t below = disk_slot_off(geom, geom->slot_count - 1, 0);
	uint64_t off;
	uint32_t slot;

	if (classic_bytes * 2 > below || below % DISK_PAGE_BYTES)
		return false;
	if (classic_bytes * 8 < DISK_CLASSIC_BITS_OFF * 8 + geom->region_count)
		return false;
	if ((uint64_t)geom->map_pages * DISK_PAGE_REGIONS < geom->region_count)
		return false;
	for (slot = geom->slot_count; slot-- > 0; below = off) {
		off = disk_slot_off(geom, slot, 0);
		if (slot < geom->slot_count - 1 && off != below + map_bytes)
			return false;
		if (disk_slot_off(geom, slot, geom->map_pages - 1) != off + map_bytes - 4096)
			return false;
	}
	return below + map_bytes == disk_oos_off(geom, 0) &&
	       geom->oos_off == disk_oos_off(geom, 0) &&
	       geom->oos_off + map_bytes == geom->sb_off[1] &&
	       geom->sb_off[1] == end - 131072 && geom->sb_off[0] == end - 65536;
}

static void test_geom_sizes(void)
{
	static const uint64_t counts[] = {
		1, 2, 63, 64, 65, 24575, 24576, 24577, 32511, 32512, 32513, 57344, 57345, 65024,
		65025, 1000000, DISK_REGIONS_MAX - 1, DISK_REGIONS_MAX,
	};
	struct disk_geom geom;
	uint64_t need;
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(counts); i++) {
		/* The smallest device that fits, found by trying; one page less must not. */
		for (need = 4096; geom_init(&geom, need, counts[i]); need += 4096)
			;
		OK(geom_is_sound(&geom), "%llu regions on %llu bytes",
		   (unsigned long long)counts[i], (unsigned long long)need);
		IS_INT(geom_init(&geom, need - 512, counts[i]), CM_E_DISK_SPACE, "a sector less");
		IS_INT(geom_init(&geom, need + 3584, counts[i]), 0, "odd sectors behind");
		OK(geom_is_sound(&geom) && geom.dev_bytes == need + 3584, "are left alone");
	}
	IS_INT(geom_init(&geom, 4 * MIB, 910336), 0, "one extent of 4 MiB: 28 pages of regions");
	IS_U64(geom.map_pages, 28, "28");
	IS_INT(geom_init(&geom, 4 * MIB, 910337), CM_E_DISK_SPACE, "one region more");
	IS_INT(geom_init(&geom, 4 * MIB, 1), 0, "one region");
	IS_U64(geom.classic_pages, 1, "one classic block");
	OK(!geom_init(&geom, 4 * MIB, 24576) && geom.classic_pages == 1, "a full first block");
	OK(!geom_init(&geom, 4 * MIB, 24577) && geom.classic_pages == 2, "a second one");
}

static void test_geom_errors(void)
{
	struct disk_geom geom, before;
	struct cm_errmsg err;

	memset(&before, 0x5a, sizeof(before));
	geom = before;
	IS_INT(disk_geom_init(&geom, 4 * MIB, 0, 1024, 32, &err), CM_E_DISK_GEOMETRY, "no regions");
	IS_INT(disk_geom_init(&geom, 4 * MIB, 9, 1000, 32, &err), CM_E_DISK_GEOMETRY, "1000");
	OK(strstr(err.text, "1000 sectors"), "names it");
	IS_INT(disk_geom_init(&geom, 4 * MIB, 9, 1, 32, &err), CM_E_DISK_GEOMETRY, "1 sector");
	IS_INT(disk_geom_init(&geom, 4 * MIB, 9, 0, 32, &err), CM_E_DISK_GEOMETRY, "0 sectors");
	IS_INT(disk_geom_init(&geom, 4 * MIB, 9, 2, 0, &err), CM_E_DISK_GEOMETRY, "0 slots");
	IS_INT(disk_geom_init(&geom, 4 * MIB, 9, 2, 33, &err), CM_E_DISK_GEOMETRY, "33 slots");
	IS_INT(disk_geom_init(&geom, 4 * MIB + 1, 9, 2, 1, &err), CM_E_DISK_GEOMETRY, "odd size");

	/* 2^24 + 1 regions of 512 KiB: 1 MiB is the least. */
	IS_INT(disk_geom_init(&geom, 1024 * MIB, DISK_REGIONS_MAX + 1, 1024, 32, &err),
	       CM_E_DISK_GEOMETRY, "too many regions");
	OK(strstr(err.text, "16777217 regions: at most 16777216") &&
	   strstr(err.text, "a region size of 1 MiB or more"), "%s", err.text);
	IS_INT(disk_geom_init(&geom, 1024 * MIB, (uint64_t)DISK_REGIONS_MAX * 64, 2, 32, &err),
	       CM_E_DISK_GEOMETRY, "far too many");
	OK(strstr(err.text, "a region size of 64 KiB or more"), "%s", err.text);
	IS_INT(disk_geom_init(&geom, 4 * MIB, 1000000, 1024, 32, &err), CM_E_DISK_SPACE, "small");
	OK(strstr(err.text, "4194304 bytes is too small") &&
	   strstr(err.text, "need 4575232 bytes") &&
	   strstr(err.text, "a region size of 1 MiB or more"), "%s", err.text);
	IS_INT(disk_geom_init(&geom, 270336, 9, 1024, 32, &err), CM_E_DISK_SPACE, "far too small");
	OK(strstr(err.text, "270336 bytes is too small") &&
	   strstr(err.text, "need 274432 bytes") &&
	   !strstr(err.text, "region size"), "%s", err.text);
	IS_INT(disk_geom_init(&geom, 0, 9, 1024, 32, &err), CM_E_DISK_SPACE, "no device at all");
	OK(!memcmp(&geom, &before, sizeof(geom)), "nothing was written");
}

static void slot_beyond(void *arg)
{
	disk_slot_off(arg, 32, 0);
}

static void page_beyond(void *arg)
{
	disk_oos_off(arg, 1);
}

static void test_geom_asserts(void)
{
	struct disk_geom geom;

	OK(!geom_init(&geom, 4 * MIB, 9), "a small log");
	OK(tap_dies(slot_beyond, &geom), "slot 32 of 32");
	OK(tap_dies(page_beyond, &geom), "page 1 of 1");
}

/* ---- superblock ---- */

static struct disk_sb sb_make(void)
{
	struct disk_sb sb;

	memset(&sb, 0, sizeof(sb));
	sb.state = DISK_SB_CLEAN;
	sb.dev_bytes = 4 * MIB;
	sb.region_count = 40000;
	sb.region_size_sect = 1024;
	sb.slot_count = 4;
	memcpy(sb.uuid, UUID, sizeof(UUID));
	return sb;
}

static void sb_encode(void *arg)
{
	disk_sb_encode(arg, page);
}

/* Put the checksum right after a change. */
static void sb_seal(void)
{
	uint32_t csum;
	int i;

	memset(page + 8, 0, 4);
	csum = cm_crc32c(0, page, DISK_PAGE_BYTES);
	for (i = 0; i < 4; i++)
		page[8 + i] = (uint8_t)(csum >> 8 * i);
}

static void sb_patch(size_t off, uint8_t value, int want, const char *what)
{
	struct disk_sb sb = sb_make();
	struct disk_sb got;

	disk_sb_encode(&sb, page);
	page[off] = value;
	sb_seal();
	IS_INT(disk_sb_decode(page, &got), want, "superblock, checksum good: %s", what);
}

static void test_sb_fields(void)
{
	sb_patch(4, 1, 0, "nothing changed");
	sb_patch(0, 0, CM_E_DISK_MAGIC, "magic");
	sb_patch(4, 2, CM_E_DISK_VERSION, "version 2");
	sb_patch(4, 0, CM_E_DISK_FIELD, "version 0");
	sb_patch(12, 0, CM_E_DISK_FIELD, "state 0");
	sb_patch(12, 4, CM_E_DISK_FIELD, "state 4");
	sb_patch(40, 1, CM_E_DISK_FIELD, "device size");
	sb_patch(51, 1, CM_E_DISK_FIELD, "2^24 regions and more");
	sb_patch(56, 1, CM_E_DISK_FIELD, "region size 1025");
	sb_patch(60, 0, CM_E_DISK_FIELD, "0 slots");
	sb_patch(60, 33, CM_E_DISK_FIELD, "33 slots");
	sb_patch(68, 4, CM_E_DISK_FIELD, "an unknown flag");
	sb_patch(72, 0, CM_E_DISK_FIELD, "no uuid");
	sb_patch(72 + 128, 'x', CM_E_DISK_FIELD, "something behind the uuid");
	sb_patch(201, 1, CM_E_DISK_FIELD, "reserved bytes");
	sb_patch(4095, 1, CM_E_DISK_FIELD, "reserved bytes at the end");
	sb_patch(256, 1, CM_E_DISK_FIELD, "a running slot of nobody");
	sb_patch(256, 3, CM_E_DISK_FIELD, "slot state 3");
	sb_patch(256 + 4, 7, 0, "a free slot that was node 7's");
	memset(page, 0, sizeof(page));
	IS_INT(disk_sb_decode(page, &(struct disk_sb){ .seq = 0 }), CM_E_DISK_MAGIC, "zeros");
}

static void test_sb_asserts(void)
{
	struct disk_sb sb = sb_make();

	sb.slot[4] = (struct disk_slot){ .state = DISK_SLOT_RUNNING, .nodeid = 1 };
	OK(tap_dies(sb_encode, &sb), "slot 4 of 4");
	sb = sb_make();
	sb.slot[3] = (struct disk_slot){ .state = DISK_SLOT_RUNNING };
	OK(tap_dies(sb_encode, &sb), "a running slot of nobody");
	sb = sb_make();
	sb.uuid[0] = 0;
	OK(tap_dies(sb_encode, &sb), "no uuid");
	sb = sb_make();
	memset(sb.uuid, 'u', sizeof(sb.uuid));
	OK(tap_dies(sb_encode, &sb), "uuid without a NUL");
	sb = sb_make();
	sb.state = 0;
	OK(tap_dies(sb_encode, &sb), "no state");
}

static void test_sb_match(void)
{
	struct disk_sb sb = sb_make();
	struct disk_geom geom;

	OK(!disk_geom_init(&geom, sb.dev_bytes, sb.region_count, 1024, 4, NULL), "geometry");
	IS_INT(disk_sb_match(&sb, &geom, UUID), 0, "match");
	IS_INT(disk_sb_match(&sb, &geom, "LVM-a"), CM_E_DISK_UUID, "another log");
	geom.slot_count = 5;
	IS_INT(disk_sb_match(&sb, &geom, UUID), CM_E_DISK_GEOMETRY, "other slots");
	geom.slot_count = 4;
	sb.dev_bytes += 512;
	IS_INT(disk_sb_match(&sb, &geom, UUID), CM_E_DISK_GEOMETRY, "another device size");
	sb.dev_bytes -= 512;
	sb.region_count++;
	IS_INT(disk_sb_match(&sb, &geom, UUID), CM_E_DISK_GEOMETRY, "other regions");
	sb.region_count--;
	sb.region_size_sect *= 2;
	IS_INT(disk_sb_match(&sb, &geom, UUID), CM_E_DISK_GEOMETRY, "another region size");
}

/* ---- pages ---- */

static const uint64_t page_counts[] = {
	1, 7, 8, 9, 63, 64, 65, 4096, 32511, 32512, 32513, 40000, 65023, 65024, 65025, 100001,
};

static void bits_random(struct bits *bits, uint64_t count)
{
	uint64_t i;

	if (bits_alloc(bits, count))
		abort();
	for (i = 0; i < count; i++)
		if (rand() % 3 == 0)
			bits_set(bits, i);
	bits_set(bits, count - 1);
}

/* A bitmap over all its pages and back; then OR into a set that has some of them. */
static void test_page_round_trip(uint64_t region_count)
{
	struct disk_page_id id = { 9, disk_uuid_hash(UUID), 3, 0 };
	struct bits map, back, had;
	struct disk_geom geom;
	uint64_t fresh = 0, want = 0, regions = 0, i;
	bool is_ok = true;

	if (geom_init(&geom, 16 * MIB, region_count) || bits_alloc(&back, region_count))
		abort();
	bits_random(&map, region_count);
	bits_random(&had, region_count);
	for (i = 0; i < region_count; i++)
		want += bits_test(&map, i) && !bits_test(&had, i);
	for (id.page_nr = 0; id.page_nr < geom.map_pages; id.page_nr++) {
		memset(page, 0xa5, sizeof(page));
		disk_page_encode(&geom, &id, &map, page);
		is_ok = is_ok && !disk_page_check(&geom, &id, page) &&
			page[DISK_PAGE_BYTES] == 0xa5;
		disk_page_or(&geom, id.page_nr, page, &back);
		fresh += disk_page_or(&geom, id.page_nr, page, &had);
		is_ok = is_ok && disk_page_first_region(id.page_nr) == regions;
		regions += disk_page_region_count(&geom, id.page_nr);
	}
	OK(is_ok && regions == region_count, "%llu regions: pages",
	   (unsigned long long)region_count);
	IS_MEM(back.words, map.words, bits_words_for(region_count) * 8, "come back");
	IS_U64(fresh, want, "newly set");
	bits_free(&map);
	bits_free(&back);
	bits_free(&had);
}

/* Page headers of another time, log, area or place; the checksum is good. */
static void test_page_identity(void)
{
	const struct disk_page_id id = { 9, disk_uuid_hash(UUID), 3, 1 };
	struct disk_page_id other;
	struct disk_geom geom, smaller;
	struct bits map;

	if (geom_init(&geom, 16 * MIB, 100000) || geom_init(&smaller, 16 * MIB, 40000))
		abort();
	bits_random(&map, geom.region_count);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&geom, &id, page), 0, "the page");
	other = id;
	other.epoch--;
	IS_INT(disk_page_check(&geom, &other, page), CM_E_DISK_FIELD, "another epoch");
	other = id;
	other.area = DISK_AREA_OOS;
	IS_INT(disk_page_check(&geom, &other, page), CM_E_DISK_FIELD, "another area");
	other = id;
	other.page_nr = 0;
	IS_INT(disk_page_check(&geom, &other, page), CM_E_DISK_FIELD, "another page");
	other = id;
	other.uuid_hash = disk_uuid_hash("LVM-a2");
	IS_INT(disk_page_check(&geom, &other, page), CM_E_DISK_UUID, "another log");
	IS_INT(disk_page_check(&smaller, &id, page), CM_E_DISK_FIELD, "bits past the last region");
	bits_clear_range(&map, 40000, 100000);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&smaller, &id, page), 0, "no bits past the last region");
	bits_set(&map, 40000);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&smaller, &id, page), CM_E_DISK_FIELD, "the first bit past it");
	if (geom_init(&smaller, 16 * MIB, 39997))
		abort();
	bits_clear_range(&map, 39997, 40001);
	bits_set(&map, 39997);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&smaller, &id, page), CM_E_DISK_FIELD, "the first of them");
	bits_clear(&map, 39997);
	bits_set(&map, 2 * DISK_PAGE_REGIONS - 1);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&smaller, &id, page), CM_E_DISK_FIELD, "the last of the page");
	bits_clear(&map, 2 * DISK_PAGE_REGIONS - 1);
	bits_set(&map, 39996);
	disk_page_encode(&geom, &id, &map, page);
	IS_INT(disk_page_check(&smaller, &id, page), 0, "the last region");
	bits_fill(&map, false);
	memset(page, 0xa5, sizeof(page));
	disk_page_encode(&geom, &id, NULL, page);
	IS_INT(disk_page_check(&geom, &id, page), 0, "a page of no map");
	IS_U64(disk_page_or(&geom, 1, page, &map), 0, "has no bits");
	memset(page, 0, sizeof(page));
	IS_INT(disk_page_check(&geom, &id, page), CM_E_DISK_MAGIC, "zeros");
	bits_free(&map);
}

/* ---- classic area ---- */

/* Would the kernel call the region clean? As in dm-log.c: bit r % 8 of byte 1024 + r / 8. */
static bool kernel_is_clean(const uint8_t *area, uint64_t region_nr)
{
	return area[1024 + region_nr / 8] >> region_nr % 8 & 1;
}

static void test_classic_round_trip(uint64_t region_count)
{
	struct disk_geom geom;
	struct bits oos, back;
	uint64_t i, wrong = 0;
	uint8_t *area;
	uint32_t nr;

	if (geom_init(&geom, 16 * MIB, region_count) || bits_alloc(&back, region_count))
		abort();
	area = malloc((size_t)geom.classic_pages * DISK_PAGE_BYTES);
	bits_random(&oos, region_count);
	for (nr = 0; nr < geom.classic_pages; nr++) {
		memset(page, 0xa5, sizeof(page));
		disk_classic_encode(&geom, nr, &oos, false, 0, UUID, page);
		wrong += page[DISK_PAGE_BYTES] != 0xa5;
		memcpy(area + (size_t)nr * DISK_PAGE_BYTES, page, DISK_PAGE_BYTES);
	}
	for (i = 0; i < region_count; i++)
		wrong += kernel_is_clean(area, i) == bits_test(&oos, i);
	for (; 1024 + i / 8 < (uint64_t)geom.classic_pages * DISK_PAGE_BYTES; i++)
		wrong += kernel_is_clean(area, i);
	IS_U64(wrong, 0, "%llu regions: as the kernel reads it", (unsigned long long)region_count);

	bits_fill(&back, true);
	for (nr = 0; nr < geom.classic_pages; nr++)
		disk_classic_import(area + (size_t)nr * DISK_PAGE_BYTES, nr, region_count, &back);
	IS_MEM(back.words, oos.words, bits_words_for(region_count) * 8, "come back");
	free(area);
	bits_free(&oos);
	bits_free(&back);
}

/* Regions at and past the stored count stay out of sync, whatever the bitmap says. */
static void test_classic_stored_count(void)
{
	static const uint64_t stored[] = {
		0, 1, 5, 8, 100, 4095, 4096, 4097, 24575, 24576, 24577, 30000, 50000, UINT64_MAX,
	};
	const uint64_t region_count = 50000;
	struct bits oos;
	uint64_t clean;
	size_t i;

	if (bits_alloc(&oos, region_count))
		abort();
	memset(page, 0xff, DISK_PAGE_BYTES);
	for (i = 0; i < CM_ARRAY_COUNT(stored); i++) {
		clean = stored[i] < region_count ? stored[i] : region_count;
		bits_fill(&oos, true);
		disk_classic_import(page, 0, stored[i], &oos);
		disk_classic_import(page, 1, stored[i], &oos);
		OK(bits_next_set(&oos, 0) == clean &&
		   bits_weight(&oos) == region_count - clean, "stored count %llu",
		   (unsigned long long)stored[i]);
	}
	bits_fill(&oos, true);
	disk_classic_import(page, 2, UINT64_MAX, &oos);
	IS_U64(bits_weight(&oos), region_count, "a block behind the bitmap");
	bits_free(&oos);
}

static void classic_put(uint32_t magic, uint32_t version, uint64_t region_count)
{
	int i;

	memset(page, 0, DISK_PAGE_BYTES);
	for (i = 0; i < 4; i++) {
		page[i] = (uint8_t)(magic >> 8 * i);
		page[4 + i] = (uint8_t)(version >> 8 * i);
	}
	for (i = 0; i < 8; i++)
		page[8 + i] = (uint8_t)(region_count >> 8 * i);
}

static enum disk_classic_kind classic_kind(struct disk_classic *out)
{
	memset(out, 0x5a, sizeof(*out));
	disk_classic_decode(page, UUID, out);
	return out->kind;
}

static void test_classic_headers(void)
{
	struct disk_classic out;

	classic_put(DISK_CLASSIC_MAGIC, 2, UINT64_MAX);
	IS_INT(classic_kind(&out), DISK_CLASSIC_VALID, "a new log of LVM");
	IS_U64(out.region_count, UINT64_MAX, "all bits valid");
	classic_put(DISK_CLASSIC_MAGIC, 1, 7);
	IS_INT(classic_kind(&out), DISK_CLASSIC_VALID, "version 1 counts as 2");
	IS_U64(out.region_count, 7, "its count");
	classic_put(DISK_CLASSIC_MAGIC, 2, 0);
	IS_INT(classic_kind(&out), DISK_CLASSIC_VALID, "no region is valid");
	IS_U64(out.region_count, 0, "none");
	classic_put(DISK_CLASSIC_MAGIC, 3, 7);
	IS_INT(classic_kind(&out), DISK_CLASSIC_FOREIGN, "version 3");
	classic_put(DISK_CLASSIC_MAGIC, 0, 7);
	IS_INT(classic_kind(&out), DISK_CLASSIC_FOREIGN, "version 0");
	classic_put(0, 0, 0);
	IS_INT(classic_kind(&out), DISK_CLASSIC_FOREIGN, "zeros");
	classic_put(DISK_POISON_MAGIC, 0, 0);
	IS_INT(classic_kind(&out), DISK_CLASSIC_FOREIGN, "a poison magic alone");
}

/* Poison over valid and back: each differs from the other in the header only. */
static void test_classic_poison(void)
{
	uint8_t valid[DISK_PAGE_BYTES];
	struct disk_classic out;
	struct disk_geom geom;
	struct bits oos;

	if (geom_init(&geom, 16 * MIB, 12345))
		abort();
	bits_random(&oos, geom.region_count);
	disk_classic_encode(&geom, 0, &oos, false, 77, UUID, page);
	IS_INT(classic_kind(&out), DISK_CLASSIC_VALID, "exported");
	IS_U64(out.region_count, 12345, "with its count");
	memcpy(valid, page, sizeof(valid));
	disk_classic_encode(&geom, 0, &oos, true, 77, UUID, page);
	IS_INT(classic_kind(&out), DISK_CLASSIC_POISONED, "poisoned");
	IS_U64(out.epoch, 77, "with its epoch");
	IS_MEM(page + 1024, valid + 1024, DISK_PAGE_BYTES - 1024, "the bits are the same");
	disk_classic_decode(page, "LVM-a2", &out);
	IS_INT(out.kind, DISK_CLASSIC_FOREIGN, "poison of another log");
	bits_free(&oos);
}

int main(void)
{
	size_t i;

	srand(1);
	test_geom_sizes();
	test_geom_errors();
	test_geom_asserts();
	test_sb_fields();
	test_sb_asserts();
	test_sb_match();
	for (i = 0; i < CM_ARRAY_COUNT(page_counts); i++) {
		test_page_round_trip(page_counts[i]);
		test_classic_round_trip(page_counts[i]);
	}
	test_page_identity();
	test_classic_stored_count();
	test_classic_headers();
	test_classic_poison();
	return tap_done();
}
