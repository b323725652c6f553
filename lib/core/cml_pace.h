/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_pace.h - how fast this node resyncs a log: how much it claims at a time, how long a write may
 * have to wait for it, and how long it claims nothing afterwards.
 *
 * While nobody writes, one claim follows another, as large as they may be. While somebody does (an
 * ACK says so, or our own kernel), writers at random places soon all wait for a claim that is open.
 * So it is made small enough to be copied in 100 ms, or in what agreeing on it took: halved when it
 * took longer, grown by an eighth when it took less than half. No write ends it before a second:
 * that would cost the write a round trip, too, and the claim its region. And all claimants together
 * leave two thirds of the time to the writers: after a claim that was open for t a node rests
 * (3 * members - 1) * t.
 *
 * Pure: a struct that is zero at first, and the time, which does not go back. Nothing here is
 * replicated, and nothing of it decides more than when.
 */
#ifndef CM_CORE_CML_PACE_H
#define CM_CORE_CML_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct cml_pace {
	uint64_t regions; /* of the next claim; 0 or too many = as many as there may be */
	uint64_t busy_until_ms;    /* somebody writes to the mirror */
	bool is_said;		   /* again, since our last claim was over */
	uint64_t written_until_ms; /* this node does */
	uint64_t rest_until_ms;    /* while it is busy: no claim before */
	uint64_t writes, look_ms;  /* of our kernel, when it was counted last */
	uint32_t fails; /* own claims in a row of which nothing came in sync */
};

/* Of the next claim, at most: 1 to WIRE_CLAIM_REGIONS_MAX. */
uint64_t cml_pace_regions(const struct cml_pace *pace, uint32_t region_size_sect);
/* Of the next claim: 0 to WIRE_PATIENCE_MAX_MS. */
uint32_t cml_pace_patience_ms(const struct cml_pace *pace, uint64_t now_ms);
/* A claim, now? @has_work: another of ours is open. */
bool cml_pace_allows(const struct cml_pace *pace, uint64_t now_ms, bool has_work);
/* When the rest ends, or UINT64_MAX. */
uint64_t cml_pace_deadline_ms(const struct cml_pace *pace, uint64_t now_ms);

/* Somebody says that he writes. */
void cml_pace_busy(struct cml_pace *pace, uint64_t now_ms);
/* Our kernel has written @writes times since its table was loaded. */
void cml_pace_look(struct cml_pace *pace, uint64_t now_ms, uint64_t writes);
/* Does this node write, as far as is known? */
bool cml_pace_is_written(const struct cml_pace *pace, uint64_t now_ms);
/* All of a claim of ours, of @regions, is copied: proposed and granted when? */
void cml_pace_copied(struct cml_pace *pace, uint64_t now_ms, uint64_t regions,
		     uint64_t proposed_ms, uint64_t granted_ms);
/* It is over. @is_vain: nothing came in sync by it. @members: how many may claim, 1 or more. */
void cml_pace_released(struct cml_pace *pace, uint64_t now_ms, uint64_t proposed_ms,
		       uint64_t members, bool is_vain);

#endif
