/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h - messages between the cmirrord of a cluster: layout, encode, decode.
 *
 * One group, ordered multicast; every message carries the uuid of its log. Only HELLO, which speaks
 * of a node, carries "".
 * Little endian, no padding. Header, WIRE_HDR_BYTES before the uuid:
 *
 *	 0 u32 magic "cMwm"     4 u8 version    5 u8 type    6 u8 uuid length (0..128)    7 u8 zero
 *	 8 u32 sender nodeid   12 u32 body length           16 u64 view       24 u64 seq
 *	32 uuid bytes, no NUL; then the body
 *
 * The body of each type is the members of its struct below in the order given there, each in its
 * own width (bool = u8 0 or 1), followed, where the struct says so, by a blob that reaches to the
 * end. The header and the first eight fields of HELLO never change: two nodes of any versions can
 * tell each other what they speak. doc/wire-format.md has the tables, doc/protocol.md the meaning;
 * test/abi holds golden messages.
 *
 * Pure: no I/O, no allocation. Any thread.
 */
#ifndef CM_FORMAT_WIRE_H
#define CM_FORMAT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define WIRE_MAGIC		0x6D774D63u	/* bytes "cMwm" */
#ifndef WIRE_VERSION	/* given only to build the daemon of another release for a test */
#define WIRE_VERSION_MIN	1u
#define WIRE_VERSION		1u		/* 1: first release */
#endif
#define WIRE_HDR_BYTES		32u
#define WIRE_UUID_BYTES		129u		/* with the NUL, in memory */
#define WIRE_MSG_MAX		65536u		/* header, uuid, body */
#define WIRE_BLOB_MAX		61440u		/* 15 x 4096 */
#define WIRE_NODES_MAX		32u
#define WIRE_CLAIM_REGIONS_MAX	256u
#define WIRE_PATIENCE_MAX_MS	60000u

enum wire_type {
	WIRE_HELLO = 1, WIRE_JOIN, WIRE_SLOT, WIRE_STATE, WIRE_STATE_DONE, WIRE_LEAVE,
	WIRE_PROPOSE, WIRE_ACK, WIRE_RELEASE, WIRE_GIVEBACK, WIRE_VOID,
	WIRE_OOS_SET, WIRE_OOS_DURABLE, WIRE_DISK_OOS,
	WIRE_MERGE, WIRE_MERGED, WIRE_MERGED_ACK, WIRE_HANDOVER,
	WIRE_RESUMED, WIRE_PRESUSPENDED, WIRE_POSTSUSPENDED, WIRE_HEALTH,
	WIRE_TYPE_END
};

/* How a node is told to be dead. */
enum wire_fencing { WIRE_FENCING_ON = 1, WIRE_FENCING_OFF_ALLOWED = 2 };
enum wire_client { WIRE_CLIENT_CONNECTOR = 1, WIRE_CLIENT_KMOD = 2 };

/* Sent by every node in every view, before anything else. uuid "". */
struct wire_hello {
	uint16_t proto_min, proto_max;	/* both ends included; a common version must exist */
	uint8_t boot_id[16];
	uint8_t machine_id[16];
	uint8_t client;			/* enum wire_client */
	uint8_t fencing;		/* enum wire_fencing; differing values are refused */
	uint32_t features;		/* 0 in version 1 */
	bool has_node_lock;		/* holds its own node lock; sent again when that changes */
	uint32_t log_count;		/* JOINs with again = true that follow in this view */
	uint64_t prev_view;		/* the last view that settled here; 0 = just started */
	bool lost_quorum;		/* was inquorate at any time since prev_view formed */
	bool has_orphans;		/* kernel instances of a former daemon of this boot have
					 * not come back yet */
};

/* A kernel instance is about to run (RESUME), or (again) runs since before this view. */
struct wire_join {
	bool again;
	bool is_core;
	uint64_t region_count;
	uint32_t region_size_sect;
	uint32_t gen;
	uint64_t legs_hash;
	bool has_state;			/* again only: its replicated state is whole */
	bool is_replay;			/* the daemon restarted under a running kernel, whose hint
					 * is unknown (L1) */
	uint8_t client;			/* enum wire_client: of the instances that run here */
};

/* The coordinator gives a node a slot, durable in the superblock. */
struct wire_slot {
	uint32_t nodeid;
	uint16_t slot;
};

/* Chunk of the state for a joiner. index 0 holds the tables, 1.. the out-of-sync bitmap. */
struct wire_state {
	uint32_t nodeid;		/* the joiner */
	uint64_t join_seq;		/* seq of the JOIN it answers: generation of the transfer */
	uint64_t index;			/* 0.. */
	uint64_t last_change;		/* sender << 32 | seq of the last state change the sender
					 * had seen; stale if not the receiver's */
	/* blob: tables, or bits from region (index - 1) * WIRE_BLOB_MAX * 8 on */
};

struct wire_state_done {
	uint32_t nodeid;
	uint64_t join_seq;
	uint64_t count;			/* chunks, tables included */
};

struct wire_leave {			/* the last instance of the sender has stopped */
	uint64_t mark_count;		/* marks left in its slot; 0 = clean */
};

struct wire_propose {
	uint64_t claim_id;		/* never 0; no two open claims share it: sender << 32 | low
					 * half of the sender's seq */
	uint64_t lo, hi;		/* regions lo <= r < hi, at most WIRE_CLAIM_REGIONS_MAX */
	uint32_t patience_ms;		/* when it is older, a write that waits may end it; at
					 * most WIRE_PATIENCE_MAX_MS */
};

struct wire_ack {
	uint64_t claim_id;
	bool is_busy;			/* the sender's node writes to the mirror, anywhere */
	/* blob: bit i = region lo + i is truly dirty here and leaves the claim; (hi - lo + 7) / 8
	 * bytes, which is 1 to 32 */
};

struct wire_release {
	uint64_t claim_id;
	/* blob: bit i = region lo + i was copied and flushed; as long as in ACK */
};

struct wire_giveback {			/* claim ends at hi now */
	uint64_t claim_id;
	uint64_t hi;
};

struct wire_void {
	uint64_t region_nr;
};

struct wire_oos_set {
	uint8_t cause;			/* enum wire_oos_cause */
	uint64_t first;			/* multiple of 8 */
	/* blob: bits */
};
enum wire_oos_cause { WIRE_OOS_FAILED = 1, WIRE_OOS_LEFT_MARKED = 2 };

struct wire_oos_durable {
	uint64_t upto;			/* every out-of-sync bit set up to this count of oos
					 * changes is on disk */
};

/* New coordinator: bits read from the log device; OR them. */
struct wire_disk_oos {
	uint64_t first;			/* multiple of 8 */
	bool last;
	/* blob: bits */
};

struct wire_merge {			/* bits of a dead node's slot; OR them into out of sync */
	uint32_t nodeid;
	uint16_t slot;
	uint64_t first;			/* multiple of 8 */
	/* blob: bits */
};

struct wire_merged {			/* all of it was sent, and out of sync is durable */
	uint32_t nodeid;
	uint16_t slot;
};

struct wire_merged_ack {
	uint32_t nodeid;		/* of the dead node */
	uint16_t slot;
};

struct wire_handover {
	uint32_t nodeid;
};

struct wire_resumed {			/* a RESUME was answered: the kernel's hint is 0 again */
	uint64_t merge_epoch;		/* merges the sender had seen then */
};

struct wire_health {
	uint16_t leg;			/* index in the table; 0xffff = unknown leg */
	bool ok;
};

struct wire_msg {
	uint8_t version;
	uint8_t type;			/* enum wire_type */
	uint32_t sender;
	uint64_t view;
	uint64_t seq;			/* counts the sender's messages since its start, from 1 */
	char uuid[WIRE_UUID_BYTES];
	union {
		struct wire_hello hello;
		struct wire_join join;
		struct wire_slot slot;
		struct wire_state state;
		struct wire_state_done state_done;
		struct wire_leave leave;
		struct wire_propose propose;
		struct wire_ack ack;
		struct wire_release release;
		struct wire_giveback giveback;
		struct wire_void void_;
		struct wire_oos_set oos_set;
		struct wire_oos_durable oos_durable;
		struct wire_disk_oos disk_oos;
		struct wire_merge merge;
		struct wire_merged merged;
		struct wire_merged_ack merged_ack;
		struct wire_handover handover;
		struct wire_resumed resumed;
		struct wire_health health;	/* PRESUSPENDED and POSTSUSPENDED have no body */
	} u;
	const uint8_t *blob;		/* into the caller's buffer; NULL when blob_bytes is 0 */
	uint32_t blob_bytes;		/* 0..WIRE_BLOB_MAX */
};

/*
 * Encode @msg into @buf (WIRE_MSG_MAX bytes). Fields out of range are our own mistake: asserted.
 * Returns the length.
 */
size_t wire_encode(const struct wire_msg *msg, uint8_t *buf);

/*
 * Decode one message.
 *
 * @buf, @len_bytes  as delivered; borrowed; @msg->blob points into it.
 * @msg              written only on success.
 *
 * Returns 0, or
 *   CM_E_WIRE_SHORT    shorter than the header or than the lengths in it
 *   CM_E_WIRE_MAGIC    not ours
 *   CM_E_WIRE_VERSION  outside WIRE_VERSION_MIN..WIRE_VERSION, except HELLO, of which the eight
 *                      fixed fields are decoded whatever the version; the others are 0 then, and
 *                      client, fencing and features may have values of that version
 *   CM_E_WIRE_TYPE     unknown type
 *   CM_E_WIRE_LEN      body length that its type cannot have, or bytes left over
 *   CM_E_WIRE_FIELD    a field out of its range (a uuid with a NUL, a bool of 2, lo >= hi, nodeid
 *                      0, seq 0, a region number above DISK_REGIONS_MAX, ...)
 */
int wire_decode(const uint8_t *buf, size_t len_bytes, struct wire_msg *msg) CM_MUST_CHECK;

/* Name of a type, e.g. "PROPOSE"; "?" for unknown numbers. Static text. */
const char *wire_type_name(uint32_t type);

#endif
