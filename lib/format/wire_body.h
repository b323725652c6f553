/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire_body.h - private to wire*.c: the bodies of the messages, one row of a table per type.
 *
 * Pure. Any thread.
 */
#ifndef CM_FORMAT_WIRE_BODY_H
#define CM_FORMAT_WIRE_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "lib/format/wire.h"

#define WIRE_HELLO_FIXED_BYTES	43u	/* its first eight fields, the same for ever */

/* Reader of a body. has_bad_bool: a byte that should be 0 or 1 was not; no struct could show it. */
struct wire_rd {
	struct buf_rd rd;
	bool has_bad_bool;
};

bool wire_get_bool(struct wire_rd *rd);

struct wire_body {
	const char *name;
	uint16_t fixed_bytes;		/* the members of the struct, without the blob */
	uint32_t blob_min_bytes;
	uint32_t blob_max_bytes;	/* 0 = no blob */
	bool is_of_node;		/* uuid must be ""; else it must not */
	void (*put)(const struct wire_msg *msg, struct buf_wr *wr);
	void (*get)(struct wire_rd *rd, struct wire_msg *msg);
	/* Are the fields in range? The blob is set. The same for both directions. */
	bool (*ok)(const struct wire_msg *msg);
};

/* NULL for an unknown number. */
const struct wire_body *wire_body(uint32_t type);

/* The fixed part of a HELLO of any version: all that can be said of a version not ours. */
void wire_hello_get_fixed(struct wire_rd *rd, struct wire_msg *msg);
bool wire_hello_fixed_ok(const struct wire_hello *hello);

#endif
