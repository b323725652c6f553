/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire_tables.h - the blob of STATE index 0: what a joiner has to know besides the bits.
 *
 * Little endian, no padding, each member in its own width (bool = u8 0 or 1):
 *
 *	u8 version    u64 oos_gen, oos_durable, merge_epoch, epoch    u32 sb_flags, coordinator
 *	WIRE_TABLES_SLOTS times   u8 state, u32 nodeid, 16 bytes machine id, 16 bytes boot id
 *	u8 count of members, then each member as struct wire_member
 *	u8 count of claims, then each claim as struct wire_claim
 *
 * doc/wire-format.md has the offsets; test/abi/golden/wire/tables.hex is an example.
 *
 * Pure: no I/O, no allocation. Any thread.
 */
#ifndef CM_FORMAT_WIRE_TABLES_H
#define CM_FORMAT_WIRE_TABLES_H

#include "lib/format/disk.h"
#include "lib/format/wire.h"

#define WIRE_TABLES_VERSION	1u
#define WIRE_TABLES_SLOTS	DISK_SLOTS_MAX
#define WIRE_CLAIMS_MAX		(2u * WIRE_NODES_MAX)
#define WIRE_CLAIM_BYTES	(WIRE_CLAIM_REGIONS_MAX / 8u)

struct wire_member {
	uint32_t nodeid;		/* not 0; no two members share it */
	uint64_t join_seq;		/* seq of its JOIN */
	uint8_t client;			/* enum wire_client */
	bool is_whole, is_presuspended, is_leg_failed, is_replay;
	uint32_t gen;			/* as in its JOIN */
	uint64_t legs_hash;
	uint64_t resume_epoch;		/* merge_epoch its kernel has resumed at */
};

/* A claim that is granted. */
struct wire_claim {
	uint64_t id;			/* not 0; no two claims share it */
	uint32_t nodeid;		/* whose; not 0 */
	uint64_t lo, hi;		/* regions lo <= r < hi, at most WIRE_CLAIM_REGIONS_MAX */
	uint8_t out[WIRE_CLAIM_BYTES];	/* bit i: region lo + i has left the claim */
};

struct wire_tables {
	uint64_t oos_gen, oos_durable, merge_epoch, epoch;
	uint32_t sb_flags;		/* DISK_SB_F_* */
	uint32_t coordinator;		/* a member */
	struct disk_slot slot[WIRE_TABLES_SLOTS];
	uint32_t member_count;		/* 1..WIRE_NODES_MAX */
	struct wire_member member[WIRE_NODES_MAX];
	uint32_t claim_count;		/* 0..WIRE_CLAIMS_MAX */
	struct wire_claim claim[WIRE_CLAIMS_MAX];
};

/*
 * Encode @tables into @buf (WIRE_BLOB_MAX bytes). Fields out of range are our own mistake:
 * asserted. Returns the length.
 */
size_t wire_tables_encode(const struct wire_tables *tables, uint8_t *buf);

/*
 * Decode the blob of a STATE with index 0.
 *
 * @buf, @len_bytes  borrowed.
 * @tables           of the caller; its content is undefined after an error.
 *
 * Returns 0, or
 *   CM_E_WIRE_SHORT    ends in the middle of a field
 *   CM_E_WIRE_VERSION  not WIRE_TABLES_VERSION
 *   CM_E_WIRE_LEN      bytes left over
 *   CM_E_WIRE_FIELD    a field out of its range as said at the structs, a slot state that does not
 *                      exist, a slot in use without a node id, an unknown flag
 * Whether the tables fit the receiver's log (region count, its own slot) is the caller's to check.
 */
int wire_tables_decode(const uint8_t *buf, size_t len_bytes,
		       struct wire_tables *tables) CM_MUST_CHECK;

#endif
