/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of the log device, against images written by hand: superblock, bitmap pages, block 0 of the
 * classic area; then every wrong byte, and every page of which only the first bytes were written.
 *
 * Superblock and bitmap pages are covered by a checksum to the last byte: whatever is wrong in them
 * must be an error. So must the first 36 bytes of the poison. The kernel's header has no checksum.
 */
#include "lib/format/disk.h"

#include <stdlib.h>
#include <string.h>

#include "test/abi/golden.h"
#include "test/lib/tap.h"

#define UUID		"LVM-a1"
#define EPOCH		0x2122232425262728u
#define REGIONS		40000u
#define CLASSIC_REGIONS	20000u
#define POISON_BYTES	36u

static const struct disk_sb sb_sample = {
	.seq = 0x1112131415161718, .epoch = EPOCH, .state = DISK_SB_ACTIVE, .gen = 0x41424344,
	.legs_hash = 0x3132333435363738, .dev_bytes = 4u << 20, .region_count = REGIONS,
	.region_size_sect = 2048, .slot_count = 32,
	.flags = DISK_SB_F_NO_FENCING | DISK_SB_F_NOSYNC, .uuid = UUID,
	.slot[0] = { DISK_SLOT_RUNNING, 0x51525354,
		     { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
		       0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf },
		     { 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
		       0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf } },
	.slot[31] = { DISK_SLOT_CLEAN, 0x61626364,
		      { 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0,
			0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0 },
		      { 0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0,
			0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0, 0xd0 } },
};

/* One page to be checked, of whatever kind: 0 or an error. */
typedef int (*check_fn)(const uint8_t *page);

static struct disk_geom geom_of(uint64_t region_count)
{
	struct disk_geom geom;
	struct cm_errmsg err;

	if (disk_geom_init(&geom, 4u << 20, region_count, 2048, 32, &err))
		abort();
	return geom;
}

static struct disk_page_id id_of(uint32_t area, uint32_t page_nr)
{
	return (struct disk_page_id){ EPOCH, disk_uuid_hash(UUID), area, page_nr };
}

static int check_sb(const uint8_t *page)
{
	struct disk_sb sb;

	return disk_sb_decode(page, &sb);
}

static int check_oos(const uint8_t *page)
{
	struct disk_geom geom = geom_of(REGIONS);
	struct disk_page_id id = id_of(DISK_AREA_OOS, 0);

	return disk_page_check(&geom, &id, page);
}

static int check_slot(const uint8_t *page)
{
	struct disk_geom geom = geom_of(REGIONS);
	struct disk_page_id id = id_of(31, 1);

	return disk_page_check(&geom, &id, page);
}

static bool is_disk_error(int r)
{
	return r <= CM_E_DISK_MAGIC && r >= CM_E_DISK_FIELD;
}

static void test_wrong_bytes(const char *name, check_fn check)
{
	struct golden image = golden_read(name);
	unsigned int wrong = 0, flip;
	size_t i;

	IS_U64(image.len_bytes, DISK_PAGE_BYTES, "%s: size", name);
	IS_INT(check(image.bytes), 0, "%s: good", name);
	for (i = 0; i < image.len_bytes; i++) {
		for (flip = 1; flip < 256; flip++) {
			image.bytes[i] ^= (uint8_t)flip;
			wrong += !is_disk_error(check(image.bytes));
			image.bytes[i] ^= (uint8_t)flip;
		}
	}
	IS_U64(wrong, 0, "%s: wrong bytes", name);
	golden_free(&image);
}

/* A write that was cut off: the first bytes are new, the rest is what a fresh device holds. */
static void test_torn(const char *name, check_fn check, uint8_t rest)
{
	struct golden image = golden_read(name);
	uint8_t *page = golden_copy(image.bytes, image.len_bytes);
	unsigned int wrong = 0;
	size_t len;
	int r;

	for (len = image.len_bytes; len-- > 0;) {
		page[len] = rest;
		r = check(page);
		if (memcmp(page, image.bytes, image.len_bytes))
			wrong += !is_disk_error(r);
		else
			wrong += r != 0;
	}
	IS_U64(wrong, 0, "%s: torn at every byte, 0x%02x behind", name, rest);
	free(page);
	golden_free(&image);
}

static void test_sb_image(void)
{
	struct golden image = golden_read("disk/sb.hex");
	uint8_t *out = golden_out(DISK_PAGE_BYTES);
	struct disk_sb got;

	disk_sb_encode(&sb_sample, out);
	IS_MEM(out, image.bytes, DISK_PAGE_BYTES, "superblock: encode");
	OK(golden_out_ok(out, DISK_PAGE_BYTES), "superblock: nothing behind it");
	memset(&got, 0x5a, sizeof(got));
	IS_INT(disk_sb_decode(image.bytes, &got), 0, "superblock: decode");
	IS_MEM(&got, &sb_sample, sizeof(got), "superblock: decode of encode");
	golden_free(&image);
}

static void test_page_image(const char *name, uint32_t area, uint32_t page_nr,
			    uint64_t region_a, uint64_t region_b, uint64_t region_c)
{
	struct golden image = golden_read(name);
	struct disk_geom geom = geom_of(REGIONS);
	struct disk_page_id id = id_of(area, page_nr);
	uint8_t *out = golden_out(DISK_PAGE_BYTES);
	struct bits map, back;

	if (bits_alloc(&map, REGIONS) || bits_alloc(&back, REGIONS))
		abort();
	bits_set(&map, region_a);
	bits_set(&map, region_b);
	bits_set(&map, region_c);
	disk_page_encode(&geom, &id, &map, out);
	IS_MEM(out, image.bytes, DISK_PAGE_BYTES, "%s: encode", name);
	OK(golden_out_ok(out, DISK_PAGE_BYTES), "%s: nothing behind it", name);

	IS_INT(disk_page_check(&geom, &id, image.bytes), 0, "%s: check", name);
	bits_set(&back, region_b);
	IS_U64(disk_page_or(&geom, page_nr, image.bytes, &back),
	       bits_weight(&map) - 1, "%s: newly set", name);
	IS_MEM(back.words, map.words, bits_words_for(REGIONS) * 8, "%s: or", name);
	bits_free(&map);
	bits_free(&back);
	golden_free(&image);
}

/* oos = the regions that the classic images call unclean. */
static void classic_oos(struct bits *oos)
{
	if (bits_alloc(oos, CLASSIC_REGIONS))
		abort();
	bits_set(oos, 0);
	bits_set(oos, 7);
	bits_set(oos, CLASSIC_REGIONS - 1);
}

static void test_classic_image(const char *name, bool poison)
{
	struct golden image = golden_read(name);
	struct disk_geom geom = geom_of(CLASSIC_REGIONS);
	uint8_t *out = golden_out(DISK_PAGE_BYTES);
	struct disk_classic got;
	struct bits oos, back;

	classic_oos(&oos);
	disk_classic_encode(&geom, 0, &oos, poison, EPOCH, UUID, out);
	IS_MEM(out, image.bytes, DISK_PAGE_BYTES, "%s: encode", name);
	OK(golden_out_ok(out, DISK_PAGE_BYTES), "%s: nothing behind it", name);

	disk_classic_decode(image.bytes, UUID, &got);
	IS_INT(got.kind, poison ? DISK_CLASSIC_POISONED : DISK_CLASSIC_VALID, "%s: kind", name);
	IS_U64(got.region_count, poison ? 0 : CLASSIC_REGIONS, "%s: regions", name);
	IS_U64(got.epoch, poison ? EPOCH : 0, "%s: epoch", name);
	if (!poison) {
		classic_oos(&back);
		bits_fill(&back, true);
		disk_classic_import(image.bytes, 0, got.region_count, &back);
		IS_MEM(back.words, oos.words, bits_words_for(CLASSIC_REGIONS) * 8,
		       "%s: import", name);
		bits_free(&back);
	}
	bits_free(&oos);
	golden_free(&image);
}

/* No wrong byte makes one kind out of the other, and none of the poison is believed. */
static void test_classic_wrong_bytes(const char *name, bool poison)
{
	struct golden image = golden_read(name);
	unsigned int wrong = 0, flip;
	struct disk_classic got;
	uint64_t region_count;
	size_t i, j;

	for (i = 0; i < DISK_CLASSIC_BITS_OFF; i++) {
		for (flip = 1; flip < 256; flip++) {
			image.bytes[i] ^= (uint8_t)flip;
			disk_classic_decode(image.bytes, UUID, &got);
			for (region_count = 0, j = 16; j-- > 8;)
				region_count = region_count << 8 | image.bytes[j];
			if (poison)
				wrong += got.kind != (i < POISON_BYTES ? DISK_CLASSIC_FOREIGN :
						      DISK_CLASSIC_POISONED);
			else if (i >= 8)
				wrong += got.kind != DISK_CLASSIC_VALID ||
					 got.region_count != region_count;
			else if (i == 4 && image.bytes[i] == 1)
				wrong += got.kind != DISK_CLASSIC_VALID;
			else
				wrong += got.kind != DISK_CLASSIC_FOREIGN;
			image.bytes[i] ^= (uint8_t)flip;
		}
	}
	IS_U64(wrong, 0, "%s: wrong bytes", name);
	disk_classic_decode(image.bytes, "LVM-a2", &got);
	IS_INT(got.kind, poison ? DISK_CLASSIC_FOREIGN : DISK_CLASSIC_VALID,
	       "%s: of another log", name);
	golden_free(&image);
}

int main(void)
{
	static const struct {
		const char *name;
		check_fn check;
	} pages[] = {
		{ "disk/sb.hex", check_sb },
		{ "disk/page_oos.hex", check_oos },
		{ "disk/page_slot.hex", check_slot },
	};
	size_t i;

	test_sb_image();
	test_page_image("disk/page_oos.hex", DISK_AREA_OOS, 0, 0, 7, DISK_PAGE_REGIONS - 1);
	test_page_image("disk/page_slot.hex", 31, 1, DISK_PAGE_REGIONS + 1, REGIONS - 1,
			REGIONS - 1);
	for (i = 0; i < CM_ARRAY_COUNT(pages); i++) {
		test_wrong_bytes(pages[i].name, pages[i].check);
		test_torn(pages[i].name, pages[i].check, 0);
		test_torn(pages[i].name, pages[i].check, 0xff);
	}
	test_classic_image("disk/classic_valid.hex", false);
	test_classic_image("disk/classic_poisoned.hex", true);
	test_classic_wrong_bytes("disk/classic_valid.hex", false);
	test_classic_wrong_bytes("disk/classic_poisoned.hex", true);
	return tap_done();
}
