/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cvw.h - messages between the clvmd of a cluster: layout, encode, decode.
 *
 * Group `clvmd`, ordered multicast. Little endian, no padding. Header, CVW_HDR_BYTES:
 *
 *	0 u32 magic "cMcv"   4 u8 version   5 u8 type   6 u16 zero   8 u64 operation (0 = none)
 *
 * The body of each type is the members named at its line, in this order; a string is a u16 length
 *and bytes without a NUL. HELLO is decoded whatever the version in the header, so that two nodes
 *can tell each other what they speak.
 *
 * Pure: no I/O, no allocation. Any thread.
 */
#ifndef CM_CLVMD_CVW_H
#define CM_CLVMD_CVW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

#define CVW_MAGIC	0x76634D63u	/* bytes "cMcv" */
#ifndef CVW_VERSION	/* given only to build the daemon of another release for a test */
#define CVW_VERSION	1u		/* 1: first release */
#endif
#define CVW_HDR_BYTES	16u
#define CVW_MSG_MAX	1024u
#define CVW_NAME_BYTES	128u		/* VG or LV name with its NUL */
#define CVW_DM_UUID_BYTES 69u		/* "LVM-", 32 of the VG, 32 of the LV, NUL */
#define CVW_TEXT_BYTES	480u

enum cvw_type {
	CVW_HELLO = 1,	/* u16 proto_min, u16 proto_max: every node, first in every view */
	CVW_OP,		/* u32 target, u8 verb, u8 flags, u32 timeout_s, vg, lv, dm_uuid: prepare */
	CVW_READY,	/* i32 code, text: prepared, or cannot */
	CVW_GO,		/* do it */
	CVW_DONE,	/* i32 code, text: did it, or could not */
	CVW_UNDO,	/* take it back */
	CVW_UNDONE,	/* i32 code, text */
	CVW_END,	/* the operation is over, as it now is */
	CVW_ACTIVE,	/* u8 flags, vg, lv, dm_uuid: what is (not) active at the sender */
	CVW_TYPE_END
};

enum cvw_verb { CVW_ACTIVATE = 1, CVW_DEACTIVATE, CVW_REFRESH, CVW_INITLOG, CVW_VERB_END };

#define CVW_F_AUTO	1u	/* OP ACTIVATE: obey what rules automatic activation */
#define CVW_F_ALL	2u	/* OP: all nodes take part. ACTIVE: joiners shall activate it too */
#define CVW_F_SYNC	4u	/* OP INITLOG: regions are in sync from the start */
#define CVW_F_ON	8u	/* ACTIVE: is active */
#define CVW_F_KNOWN	15u

struct cvw_msg {
	uint8_t type;			/* enum cvw_type */
	uint64_t op;			/* 0 for HELLO and ACTIVE, else never 0 */
	uint16_t proto_min, proto_max;	/* HELLO */
	uint32_t target;		/* OP: node id, 0 = all */
	uint8_t verb;			/* OP: enum cvw_verb */
	uint8_t flags;			/* OP, ACTIVE */
	uint32_t timeout_s;		/* OP: 1..3600 */
	int32_t code;			/* READY, DONE, UNDONE: 0 or negative */
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES];	/* OP, ACTIVE */
	char dm_uuid[CVW_DM_UUID_BYTES];
	char text[CVW_TEXT_BYTES];	/* one line, cut when longer */
};

/* Encode into @buf (CVW_MSG_MAX bytes); returns the length. Fields out of range are our own
 * mistake: asserted. */
size_t cvw_encode(const struct cvw_msg *msg, uint8_t *buf);

/*
 * Decode @len_bytes at @buf; @msg is written only on success; fields its type does not have are
 * zero. Returns 0, or a code of base/err.h: CM_E_WIRE_SHORT, _MAGIC, _VERSION, _TYPE, _LEN (bytes
 * left over), _FIELD (a value out of its range, a string that is empty, too long or holds a control
 * character).
 */
int cvw_decode(const uint8_t *buf, size_t len_bytes, struct cvw_msg *msg) CM_MUST_CHECK;

/* "LVM-" and 64 letters, digits, '#', '!'? */
bool cvw_dm_uuid_is_valid(const char *dm_uuid);

const char *cvw_type_name(uint8_t type);
const char *cvw_verb_name(uint8_t verb);

#endif
