/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.h - the log device: layout, encode, decode.
 *
 * The front of the device is, byte for byte, the kernel's own `disk` log (drivers/md/dm-log.c):
 * header in sector 0, bitmap from byte 1024 on, bit r%8 of byte r/8 = region r is clean. It is
 * valid only while no cluster instance is active; meanwhile its magic is poisoned, which a stock
 * reader takes as "all dirty". Ours lies at fixed offsets from the END of the device, so that a
 * classic area which grows reaches it last:
 *
 *	0            classic header + clean bitmap
 *	...
 *	slot N-1 .. slot 0   dirty bitmaps, map_pages pages each
 *	oos          out-of-sync bitmap, map_pages pages
 *	end-128 KiB  superblock copy 1 (4 KiB)
 *	end-64 KiB   superblock copy 0 (4 KiB)
 *
 * The end is that of the last whole 4 KiB of the device. A bitmap page is 4 KiB: a header of 32
 * bytes and 4064 bytes of bits, 32512 regions. All little endian.
 * doc/disk-format.md is the prose; test/abi holds golden images.
 *
 * Pure: no I/O, no allocation. Any thread.
 */
#ifndef CM_FORMAT_DISK_H
#define CM_FORMAT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/err.h"

#define DISK_PAGE_BYTES		4096u
#define DISK_PAGE_HDR_BYTES	32u
#define DISK_PAGE_REGIONS	((DISK_PAGE_BYTES - DISK_PAGE_HDR_BYTES) * 8u)	/* 32512 */
#define DISK_SB_VERSION		1u
#define DISK_SLOTS_MAX		32u
#define DISK_UUID_BYTES		129u
#define DISK_REGIONS_MAX	(1u << 24)
#define DISK_CLASSIC_BITS_OFF	1024u	/* byte offset of the classic bitmap */
#define DISK_CLASSIC_MAGIC	0x4D695272u	/* the kernel's */
#define DISK_POISON_MAGIC	0x50644D63u	/* "cMdP": never written by a kernel (L15) */

/* Where everything is, computed once from the sizes. */
struct disk_geom {
	uint64_t dev_bytes;
	uint64_t region_count;		/* 1..DISK_REGIONS_MAX */
	uint32_t region_size_sect;
	uint32_t slot_count;		/* 1..DISK_SLOTS_MAX */
	uint32_t map_pages;		/* pages of one bitmap */
	uint32_t classic_pages;		/* 4 KiB blocks of header + classic bitmap */
	uint64_t sb_off[2];
	uint64_t oos_off;
};

/*
 * Compute the layout.
 *
 * Returns 0, or
 *   CM_E_DISK_GEOMETRY  region_count 0 or above DISK_REGIONS_MAX (@err names the region size
 *                       needed), region size no power of two of at least 2 sectors, slot_count
 *                       out of range, device size no multiple of 512
 *   CM_E_DISK_SPACE     the device is too small for twice the classic area plus ours; @err names
 *                       the bytes there are, the bytes needed, and the region size that would fit
 */
int disk_geom_init(struct disk_geom *geom, uint64_t dev_bytes, uint64_t region_count,
		   uint32_t region_size_sect, uint32_t slot_count,
		   struct cm_errmsg *err) CM_MUST_CHECK;

/* Byte offset of page @page_nr of the dirty bitmap of @slot; both in range, asserted. */
uint64_t disk_slot_off(const struct disk_geom *geom, uint32_t slot, uint32_t page_nr);
/* The same for the out-of-sync bitmap. */
uint64_t disk_oos_off(const struct disk_geom *geom, uint32_t page_nr);

enum disk_sb_state {
	DISK_SB_IMPORT = 1,	/* ours is being built from the classic area, which is
				 * not yet, or just, poisoned */
	DISK_SB_ACTIVE = 2,	/* ours is the truth, the classic area is poisoned */
	DISK_SB_CLEAN = 3,	/* the classic area is the truth again */
};

enum disk_slot_state {
	DISK_SLOT_FREE = 0,
	DISK_SLOT_RUNNING = 1,	/* the owner's kernel may be writing; its bits count until merged */
	DISK_SLOT_CLEAN = 2,	/* reserved for the owner, which left cleanly: all bits zero */
};

struct disk_slot {
	uint32_t state;		/* enum disk_slot_state */
	uint32_t nodeid;
	uint8_t machine_id[16];
	uint8_t boot_id[16];
};

struct disk_sb {
	uint64_t seq;			/* chooses between the two copies; higher wins */
	uint64_t epoch;			/* of the pages; advances only at import (hazard L26) */
	uint32_t state;			/* enum disk_sb_state */
	uint32_t gen;			/* generation of the leg set the bits are valid for (L12) */
	uint64_t legs_hash;
	uint64_t dev_bytes;
	uint64_t region_count;
	uint32_t region_size_sect;
	uint32_t slot_count;
	uint32_t flags;			/* DISK_SB_F_* */
	char uuid[DISK_UUID_BYTES];	/* of the log, as in the mirror's table line */
	struct disk_slot slot[DISK_SLOTS_MAX];
};
#define DISK_SB_F_NO_FENCING	1u	/* written while fencing was off and allow_no_fencing = 1 */
#define DISK_SB_F_NOSYNC	2u	/* created with nosync: never fully copied */

/*
 * Encode into a full page of DISK_PAGE_BYTES; every byte is written. Fields out of range are our
 * own mistake, asserted: an unknown state or flag, no uuid, a slot in use without a node id or at
 * or above slot_count. A free slot may still say whose it was.
 */
void disk_sb_encode(const struct disk_sb *sb, uint8_t *page);

/*
 * Decode one copy.
 *   CM_E_DISK_MAGIC    no superblock of ours
 *   CM_E_DISK_CSUM     torn or corrupt
 *   CM_E_DISK_VERSION  written by a later, incompatible version
 *   CM_E_DISK_FIELD    checksum good, a field out of its range
 */
int disk_sb_decode(const uint8_t *page, struct disk_sb *sb) CM_MUST_CHECK;

/* Does the superblock belong to this log with this geometry (all four numbers)? Returns 0,
 * CM_E_DISK_UUID or CM_E_DISK_GEOMETRY. */
int disk_sb_match(const struct disk_sb *sb, const struct disk_geom *geom,
		  const char *uuid) CM_MUST_CHECK;

/* Identity of a bitmap page; all of it is in the header, under the checksum. */
#define DISK_AREA_OOS	0xffffu		/* else: a slot number */
struct disk_page_id {
	uint64_t epoch;
	uint64_t uuid_hash;	/* disk_uuid_hash() */
	uint32_t area;		/* slot number, or DISK_AREA_OOS */
	uint32_t page_nr;
};

/* 64-bit hash of a log's uuid as stored in pages and in the poison. */
uint64_t disk_uuid_hash(const char *uuid);

/* Regions [first, first + count) of a page; the last one of a map may have fewer. */
uint64_t disk_page_first_region(uint32_t page_nr);
uint32_t disk_page_region_count(const struct disk_geom *geom, uint32_t page_nr);

/* Encode the bits of page id->page_nr out of @map (geom->region_count bits; NULL = all clear) into
 * a full page; every byte is written. */
void disk_page_encode(const struct disk_geom *geom, const struct disk_page_id *id,
		      const struct bits *map, uint8_t *page);

/* Is @page exactly the page @id? Returns 0 or CM_E_DISK_MAGIC, CM_E_DISK_CSUM, CM_E_DISK_UUID,
 * CM_E_DISK_FIELD (another epoch, area or number, or bits beyond the last region). */
int disk_page_check(const struct disk_geom *geom, const struct disk_page_id *id,
		    const uint8_t *page) CM_MUST_CHECK;

/* OR the bits of a checked page into @map. Returns how many became newly set. */
uint64_t disk_page_or(const struct disk_geom *geom, uint32_t page_nr, const uint8_t *page,
		      struct bits *map);

/* ---- the classic area ---- */

enum disk_classic_kind {
	DISK_CLASSIC_VALID,	/* the kernel's magic and version: the bitmap is the truth */
	DISK_CLASSIC_POISONED,	/* our poison for this log uuid */
	DISK_CLASSIC_FOREIGN,	/* anything else, also poison of another log: all out of sync */
};

struct disk_classic {
	enum disk_classic_kind kind;
	uint64_t region_count;	/* VALID: as stored; 2^64-1 is LVM's "bits valid" of a new log */
	uint64_t epoch;		/* POISONED */
};

/* Read the header in block 0 of the classic area (DISK_PAGE_BYTES). Version 1 counts as 2, as in
 * the kernel. Its header has no checksum; our poison has one, and a torn poison is FOREIGN. */
void disk_classic_decode(const uint8_t *block0, const char *uuid, struct disk_classic *out);

/*
 * Clear in @oos (count = region_count bits) every region that block @block_nr of a VALID classic
 * area says is clean, bounded by @stored_count. The caller starts with all bits set. Regions beyond
 * the stored count stay out of sync.
 */
void disk_classic_import(const uint8_t *block, uint32_t block_nr, uint64_t stored_count,
			 struct bits *oos);

/*
 * Build block @block_nr (< geom->classic_pages) of a classic area whose clean bitmap is the
 * complement of @oos; block 0 carries the header: valid, or with @poison the poison, which holds
 * @epoch and the hash of @uuid. Bits past the last region are 0. Every byte is written.
 */
void disk_classic_encode(const struct disk_geom *geom, uint32_t block_nr, const struct bits *oos,
			 bool poison, uint64_t epoch, const char *uuid, uint8_t *block);

/* ---- a log device that is about to be used ---- */

enum disk_log_kind {
	DISK_LOG_CLASSIC,	/* the kernel's header is valid: the superblock does not count */
	DISK_LOG_NEW,		/* nothing but zeros where the header is: wiped (stock --resync) */
	DISK_LOG_OURS,		/* poisoned for this log, and a superblock of this log is good */
};

struct disk_log {
	enum disk_log_kind kind;
	struct disk_sb sb;	/* OURS: the newest good copy; geometry and state unchecked */
};

/*
 * Is this a log device at all, and that of log @uuid? Whoever makes a mirror writes the kernel's
 * header, or zeros, before anybody uses the log: anything else is a wrong or damaged device.
 *
 * @block0, @sb_page  block 0 of the device and both copies of the superblock, DISK_PAGE_BYTES each,
 *                    read in this order: a founder's superblock is on disk before its poison.
 *
 * Returns 0 and *out, or, with one line in @err that says what was found:
 *   CM_E_DISK_MAGIC    neither the kernel's header, in a version it can read, nor ours
 *   CM_E_DISK_VERSION  a superblock that counts is of a version we do not know
 *   CM_E_DISK_CSUM     our header with a wrong checksum, or no good superblock behind a good header
 *   CM_E_DISK_UUID     our header, or the superblocks behind it, belong to another log
 */
int disk_log_look(const uint8_t *block0, const uint8_t *const sb_page[2], const char *uuid,
		  struct disk_log *out, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
