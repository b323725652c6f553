/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_claim.c - claims, as all members see them.
 *
 * PROPOSE [lo, hi) by a node that wants to copy; every other whole member answers ACK with the
 * regions that are truly dirty there; the delivery of the last ACK is the grant. From the PROPOSE
 * on the others answer IS_REMOTE_RECOVERING = 1 in the range. RELEASE names what was copied; what
 * left the claim meanwhile (truly dirty, VOID, set out of sync again) stays out of sync. Claims
 * have no lease (hazard L5): nothing but its owner, or proof of the owner's death, ends one.
 */
#include "lib/core/cml_int.h"

#include <string.h>

const struct cml_claim *cml_claim_find_c(const struct cml *log, uint64_t id)
{
	uint32_t i;

	for (i = 0; id && i < CML_CLAIMS_MAX; i++)
		if (log->claim[i].id == id)
			return &log->claim[i];
	return NULL;
}

struct cml_claim *cml_claim_find(struct cml *log, uint64_t id)
{
	return (struct cml_claim *)cml_claim_find_c(log, id);
}

struct cml_claim *cml_claim_at(const struct cml *log, uint64_t region_nr)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		const struct cml_claim *claim = &log->claim[i];

		if (claim->id && region_nr >= claim->lo && region_nr < claim->hi &&
		    !cml_bit_get(claim->out, region_nr - claim->lo))
			return (struct cml_claim *)(uintptr_t)claim;
	}
	return NULL;
}

bool cml_claim_by_other(const struct cml *log, uint64_t region_nr)
{
	const struct cml_claim *claim = cml_claim_at(log, region_nr);

	return claim && claim->nodeid != log->cmn->cfg.nodeid;
}

static void region_out(struct cml *log, struct cml_claim *claim, uint64_t region_nr)
{
	cml_bit_set(claim->out, region_nr - claim->lo);
	cml_km_region_out(log, claim, region_nr);
}

void cml_claim_redirty(struct cml *log, uint64_t region_nr)
{
	struct cml_claim *claim = cml_claim_at(log, region_nr);

	if (claim)
		region_out(log, claim, region_nr);
}

static void claim_free(struct cml *log, struct cml_claim *claim)
{
	cml_km_claim_over(log, claim);
	if (claim->nodeid == log->cmn->cfg.nodeid)
		cml_work_forget(log, claim->id);
	if (log->proposed_id == claim->id)
		log->proposed_id = 0;
	memset(claim, 0, sizeof(*claim));
}

void cml_claims_of_node_drop(struct cml *log, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++)
		if (log->claim[i].id && log->claim[i].nodeid == nodeid)
			claim_free(log, &log->claim[i]);
}

void cml_claims_of_node_dead(struct cml *log, uint32_t nodeid)
{
	const struct cml_mem *mem = cml_mem_find(log, nodeid);

	if (!mem || !mem->is_whole)
		cml_claims_of_node_drop(log, nodeid);
}

void cml_claims_unfreeze(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++)
		if (log->claim[i].id && !log->claim[i].is_granted)
			claim_free(log, &log->claim[i]);
	log->claim_due_ms = log->cmn->now_ms + log->cmn->cfg.claim_retry_ms;
}

/* The same answer on every member at the same delivery. */
bool cml_claims_allowed(const struct cml *log)
{
	const struct cml_mem *first = NULL;
	uint32_t i;

	if (!log->has_tables || !log->cmn->is_settled || cml_unproven_count(log))
		return false;
	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cml_mem *mem = &log->mem[i];

		if (!mem->is_used)
			continue;
		if (!mem->is_whole || mem->is_presuspended || mem->is_leg_failed)
			return false;
		if (first && (mem->gen != first->gen || mem->legs_hash != first->legs_hash))
			return false; /* hazard L12 */
		first = mem;
	}
	return true;
}

static bool overlaps(const struct cml *log, uint64_t lo, uint64_t hi)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++)
		if (log->claim[i].id && lo < log->claim[i].hi && log->claim[i].lo < hi)
			return true;
	return false;
}

/* ---- ACK ---- */

/*
 * Truly dirty here, or about to be: what a kernel was told it may write, or asks to mark, or is
 * still copying.
 */
static bool inst_holds(const struct cml *log, const struct cml_inst *inst, uint64_t region_nr)
{
	const struct cml_persist_inst *kept = &log->persist->inst[inst - log->inst];
	uint32_t i, j;

	if (inst->state != CML_INST_RUNNING && inst->state != CML_INST_PRESUSPENDED &&
	    !(inst->state == CML_INST_RESUMING && inst->is_replay))
		return false;
	if (kept->has_nosync || inst->bound > region_nr || inst->tokens_overflow ||
	    cml_token_find(inst, region_nr) ||
	    kept->assigned == region_nr + 1)
		return true;
	for (i = 0; i < CML_PENDING_MAX; i++)
		for (j = 0; inst->pending[i].is_used && j < inst->pending[i].region_count; j++)
			if (inst->pending[i].region_nr[j] == region_nr)
				return true;
	return false;
}

static bool is_held(const struct cml *log, uint64_t region_nr)
{
	uint32_t i;

	if (!log->slot_ready || bits_test(&log->dirty, region_nr))
		return true;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && inst_holds(log, &log->inst[i], region_nr))
			return true;
	return false;
}

void cml_ack_send(struct cml *log, const struct cml_claim *claim, const uint8_t *written,
		  uint32_t bytes)
{
	struct wire_msg msg = { .type = WIRE_ACK };
	uint8_t bits[CML_CLAIM_BYTES] = { 0 };
	uint64_t r;

	if (written)
		memcpy(bits, written, bytes < sizeof(bits) ? bytes : sizeof(bits));
	for (r = claim->lo; r < claim->hi; r++)
		if (is_held(log, r))
			cml_bit_set(bits, r - claim->lo);
	msg.u.ack.claim_id = claim->id;
	msg.u.ack.is_busy = cml_pace_is_written(&log->pace, log->cmn->now_ms);
	msg.blob = bits;
	msg.blob_bytes = (uint32_t)((claim->hi - claim->lo + 7) / 8);
	cmn_send(log->cmn, log, &msg);
}

static void granted(struct cml *log, struct cml_claim *claim)
{
	claim->is_granted = true;
	if (claim->nodeid == log->cmn->cfg.nodeid)
		cml_work_granted(log, claim);
}

/* ---- messages ---- */

static struct cml_claim *claim_new(struct cml *log, const struct wire_msg *msg)
{
	const struct wire_propose *propose = &msg->u.propose;
	struct cml_claim *claim;
	uint32_t i;

	if (msg->view != log->cmn->view_nr || propose->hi > log->region_count ||
	    !cml_claims_allowed(log) || overlaps(log, propose->lo, propose->hi) ||
	    !cml_mem_find(log, msg->sender))
		return NULL;
	for (i = 0; i < CML_CLAIMS_MAX && log->claim[i].id; i++)
		;
	if (i == CML_CLAIMS_MAX)
		return NULL;
	claim = &log->claim[i];
	memset(claim, 0, sizeof(*claim));
	claim->id = propose->claim_id;
	claim->nodeid = msg->sender;
	claim->lo = propose->lo;
	claim->hi = propose->hi;
	claim->view = msg->view;
	claim->patience_ms = propose->patience_ms;
	claim->since_ms = log->cmn->now_ms;
	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].nodeid != msg->sender)
			claim->ack_from[claim->ack_count++] = log->mem[i].nodeid;
	return claim;
}

/* A kernel of the module has to freeze it first; what it finds written there comes with a look. */
static void ack(struct cml *log, struct cml_claim *claim)
{
	if (!log->km.luid) {
		cml_ack_send(log, claim, NULL, 0);
		return;
	}
	claim->waits_kernel = true;
	cml_km_freeze(log, claim);
}

void cml_propose_deliver(struct cml *log, const struct wire_msg *msg)
{
	bool is_own = msg->sender == log->cmn->cfg.nodeid;
	struct cml_claim *claim = claim_new(log, msg);

	if (!claim) {
		if (is_own && log->proposed_id == msg->u.propose.claim_id) {
			log->proposed_id = 0;
			log->stats.claims_failed++;
			log->claim_due_ms = log->cmn->now_ms + log->cmn->cfg.claim_retry_ms;
		}
		return;
	}
	if (!claim->ack_count)
		granted(log, claim);
	else if (!is_own)
		ack(log, claim);
}

static bool ack_strike(struct cml_claim *claim, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < claim->ack_count; i++) {
		if (claim->ack_from[i] != nodeid)
			continue;
		claim->ack_from[i] = claim->ack_from[--claim->ack_count];
		return true;
	}
	return false;
}

void cml_ack_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_claim *claim = cml_claim_find(log, msg->u.ack.claim_id);
	uint32_t i;

	if (!claim || claim->is_granted || msg->view != claim->view ||
	    msg->blob_bytes != (claim->hi - claim->lo + 7) / 8)
		return;
	if (!ack_strike(claim, msg->sender))
		return;
	if (msg->u.ack.is_busy)
		cml_pace_busy(&log->pace, log->cmn->now_ms);
	for (i = 0; i < msg->blob_bytes; i++)
		claim->out[i] |= msg->blob[i];
	if (!claim->ack_count)
		granted(log, claim);
}

static uint64_t whole_count(const struct cml *log)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		n += log->mem[i].is_used && log->mem[i].is_whole;
	return n ? n : 1;
}

/*
 * Hazard L3: while anybody is unproven, his marks of the time of our copy are unknown: nothing
 * turns in sync.
 */
void cml_release_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_claim *claim = cml_claim_find(log, msg->u.release.claim_id);
	bool may_clear = !cml_unproven_count(log);
	uint64_t r, cleared = 0;

	if (!claim || claim->nodeid != msg->sender)
		return;
	for (r = claim->lo; may_clear && r < claim->hi; r++) {
		uint64_t i = r - claim->lo;

		if (i / 8 >= msg->blob_bytes || !cml_bit_get(msg->blob, i) ||
		    cml_bit_get(claim->out, i))
			continue;
		cml_oos_clear(log, r);
		cleared++;
	}
	if (msg->sender == log->cmn->cfg.nodeid) {
		log->stats.claims++;
		log->stats.regions_resynced += cleared;
		cml_pace_released(&log->pace, log->cmn->now_ms, claim->since_ms, whole_count(log),
				  !cleared);
		if (!cleared) {
			log->stats.claims_failed++;
			log->claim_from = claim->hi; /* look elsewhere first */
			log->claim_due_ms = log->cmn->now_ms + log->cmn->cfg.claim_retry_ms;
		}
	}
	claim_free(log, claim);
}

void cml_giveback_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_claim *claim = cml_claim_find(log, msg->u.giveback.claim_id);

	if (!claim || claim->nodeid != msg->sender || msg->u.giveback.hi <= claim->lo ||
	    msg->u.giveback.hi >= claim->hi)
		return;
	claim->hi = msg->u.giveback.hi;
}

void cml_void_deliver(struct cml *log, const struct wire_msg *msg)
{
	uint64_t region_nr = msg->u.void_.region_nr;
	struct cml_claim *claim;

	if (msg->sender == log->cmn->cfg.nodeid)
		log->void_delivered = msg->seq;
	if (region_nr >= log->region_count)
		return;
	claim = cml_claim_at(log, region_nr);
	if (claim && claim->nodeid != msg->sender)
		region_out(log, claim, region_nr);
}
