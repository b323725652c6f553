/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_hdr.h - private to disk_*.c: the structs as they lie on the device, little endian, without
 * padding.
 *
 * Superblock and bitmap page are one 4 KiB block each with a CRC-32C over all 4096 bytes, taken
 * with the checksum field as zero. Magic, version and checksum of the superblock keep their places
 * in every later version, so that "torn" and "written by a later version" can be told apart.
 *
 * Version history: 1, the first release.
 */
#ifndef CM_FORMAT_DISK_HDR_H
#define CM_FORMAT_DISK_HDR_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/le.h"
#include "lib/format/disk.h"

#define DISK_SB_MAGIC		0x62734D63u	/* bytes "cMsb" */
#define DISK_MAP_MAGIC		0x70624D63u	/* bytes "cMbp" */
#define DISK_CLASSIC_VERSION	2u
#define DISK_CSUM_OFF		8u		/* of the checksum in superblock and bitmap page */

struct disk_slot_le {
	struct le32 state;
	struct le32 nodeid;
	uint8_t machine_id[16];
	uint8_t boot_id[16];
};

CM_STATIC_ASSERT(sizeof(struct disk_slot_le) == 40);
CM_STATIC_ASSERT(offsetof(struct disk_slot_le, nodeid) == 4);
CM_STATIC_ASSERT(offsetof(struct disk_slot_le, machine_id) == 8);
CM_STATIC_ASSERT(offsetof(struct disk_slot_le, boot_id) == 24);

struct disk_sb_le {
	struct le32 magic;
	struct le32 version;
	struct le32 csum;
	struct le32 state;
	struct le64 seq;
	struct le64 epoch;
	struct le64 legs_hash;
	struct le64 dev_bytes;
	struct le64 region_count;
	struct le32 region_size_sect;
	struct le32 slot_count;
	struct le32 gen;
	struct le32 flags;
	char uuid[DISK_UUID_BYTES];	/* zero from its NUL on */
	uint8_t zero1[55];
	struct disk_slot_le slot[DISK_SLOTS_MAX];
	uint8_t zero2[2560];
};

CM_STATIC_ASSERT(sizeof(struct disk_sb_le) == DISK_PAGE_BYTES);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, version) == 4);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, csum) == DISK_CSUM_OFF);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, state) == 12);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, seq) == 16);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, epoch) == 24);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, legs_hash) == 32);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, dev_bytes) == 40);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, region_count) == 48);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, region_size_sect) == 56);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, slot_count) == 60);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, gen) == 64);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, flags) == 68);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, uuid) == 72);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, zero1) == 201);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, slot) == 256);
CM_STATIC_ASSERT(offsetof(struct disk_sb_le, zero2) == 1536);

struct disk_page_le {
	struct le32 magic;
	struct le32 area;
	struct le32 csum;
	struct le32 page_nr;
	struct le64 epoch;
	struct le64 uuid_hash;
	uint8_t bits[DISK_PAGE_BYTES - DISK_PAGE_HDR_BYTES];
};

CM_STATIC_ASSERT(sizeof(struct disk_page_le) == DISK_PAGE_BYTES);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, area) == 4);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, csum) == DISK_CSUM_OFF);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, page_nr) == 12);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, epoch) == 16);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, uuid_hash) == 24);
CM_STATIC_ASSERT(offsetof(struct disk_page_le, bits) == DISK_PAGE_HDR_BYTES);
CM_STATIC_ASSERT(sizeof(((struct disk_page_le *)NULL)->bits) * 8 == DISK_PAGE_REGIONS);
CM_STATIC_ASSERT(DISK_PAGE_REGIONS % 64 == 0);	/* pages begin at whole words of the bitset */

/* Block 0 of the classic area. The first 16 bytes are the kernel's struct log_header_disk; with a
 * valid one the other bytes in front of the bitmap mean nothing. */
struct disk_classic_le {
	struct le32 magic;
	struct le32 version;		/* poison: 0 */
	struct le64 region_count;	/* poison: 0, if a reader ignores the magic */
	struct le64 epoch;		/* poison only, to the end */
	struct le64 uuid_hash;
	struct le32 csum;		/* CRC-32C of the bytes before it */
	uint8_t zero[DISK_CLASSIC_BITS_OFF - 36];
	uint8_t bits[DISK_PAGE_BYTES - DISK_CLASSIC_BITS_OFF];
};

CM_STATIC_ASSERT(sizeof(struct disk_classic_le) == DISK_PAGE_BYTES);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, version) == 4);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, region_count) == 8);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, epoch) == 16);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, uuid_hash) == 24);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, csum) == 32);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, zero) == 36);
CM_STATIC_ASSERT(offsetof(struct disk_classic_le, bits) == DISK_CLASSIC_BITS_OFF);

/* No single wrong byte turns the poison into the kernel's magic. */
#define DISK_BYTE_DIFFERS(nr) \
	(((DISK_CLASSIC_MAGIC ^ DISK_POISON_MAGIC) >> (nr) * 8 & 0xffu) != 0)
CM_STATIC_ASSERT(DISK_BYTE_DIFFERS(0) && DISK_BYTE_DIFFERS(1));
CM_STATIC_ASSERT(DISK_BYTE_DIFFERS(2) && DISK_BYTE_DIFFERS(3));

/* The checksum of a superblock or bitmap page, whatever its checksum field holds. */
uint32_t disk_block_csum(const void *block);

#endif
