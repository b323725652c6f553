/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmod.h - what the module dm-log-cmirror tells of an instance, and what it is told, as structs:
 * the core's and the simulator's view of kmod/cmirror.h, which says what each field and command
 * means.
 *
 * Pure. No bytes: lib/kernel/kmc.c makes messages of them.
 */
#ifndef CM_FORMAT_KMOD_H
#define CM_FORMAT_KMOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "kmod/cmirror.h"

#define KMOD_CLAIM_BYTES	(CMIRROR_CLAIM_MAX / 8u)

/* A claim's regions: bit i is region lo + i. */
struct kmod_bits {
	uint64_t claim_id;
	uint8_t bits[KMOD_CLAIM_BYTES];
	uint32_t bytes;
	bool is_done;		/* copied only */
};

/* All of an instance, as CMIRROR_CMD_GET tells. Lists hold what there is room for; the rest comes
 * when these have been dealt with. */
struct kmod_look {
	uint64_t luid;
	uint8_t state;		/* enum cmirror_state */
	uint8_t mode;		/* enum cmirror_mode */
	uint32_t ask;		/* CMIRROR_ASK_* */
	uint64_t mark_count;
	uint32_t frozen_count, copied_count, void_count, failed_count;
	struct kmod_bits frozen[CMIRROR_FREEZES];
	struct kmod_bits copied[CMIRROR_CLAIMS];
	uint64_t voids[CMIRROR_LIST_MAX];
	uint64_t failed[CMIRROR_LIST_MAX];
	uint64_t flush_id;	/* with CMIRROR_ASK_FLUSHED */
	int flush_error;
	struct cmirror_stats stats;
};

/* Commands that the core has for it. The others are answers: START, STOP_DONE, CTR_DONE, FLUSH. */
enum kmod_push_type {
	KMOD_PUSH_OOS,		/* op, first, bits, bytes */
	KMOD_PUSH_MARKS,	/* first, bits, bytes */
	KMOD_PUSH_MODE,		/* mode, oos_durable */
	KMOD_PUSH_FREEZE,	/* claim_id, lo, hi, wait_ms, patience_ms */
	KMOD_PUSH_THAW,		/* claim_id */
	KMOD_PUSH_REGION_OUT,	/* claim_id, region_nr: it has left the claim */
	KMOD_PUSH_CLAIM,	/* claim_id, lo, hi, bits (of the claim) */
	KMOD_PUSH_CLAIM_CUT,	/* claim_id, hi */
	KMOD_PUSH_CLAIM_END,	/* claim_id */
	KMOD_PUSH_FAILED_DONE,	/* region_nr */
};

struct kmod_push {
	enum kmod_push_type type;
	uint64_t luid;
	uint8_t op;		/* enum cmirror_op */
	uint8_t mode;
	bool oos_durable;
	uint64_t first;		/* multiple of 64 */
	const uint8_t *bits;	/* borrowed for the call */
	uint32_t bytes;
	uint64_t claim_id, lo, hi;
	uint32_t wait_ms, patience_ms;
	uint64_t region_nr;
};

#endif
