/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_work.c - the claimant: proposes, hands regions to its kernel one by one, flushes the legs,
 * releases.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static struct cml_persist_inst *kept_of(struct cml *log, const struct cml_inst *inst)
{
	return &log->persist->inst[inst - log->inst];
}

void cml_work_reset(struct cml *log)
{
	memset(log->work, 0, sizeof(log->work));
	log->proposed_id = 0;
}

void cml_work_forget(struct cml *log, uint64_t claim_id)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].claim_id == claim_id)
			memset(&log->work[i], 0, sizeof(log->work[i]));
}

static struct cml_work *work_free(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (!log->work[i].claim_id)
			return &log->work[i];
	return NULL;
}

/* ---- propose ---- */

static uint64_t first_unclaimed(const struct cml *log, uint64_t from)
{
	uint64_t r = bits_next_set(&log->oos, from);
	uint32_t i;

	for (i = 0; r < log->region_count && i < CML_CLAIMS_MAX; i++) {
		if (!log->claim[i].id || r < log->claim[i].lo || r >= log->claim[i].hi)
			continue;
		r = bits_next_set(&log->oos, log->claim[i].hi);
		i = UINT32_MAX; /* the next one may lie in a claim looked at before */
	}
	return r;
}

static uint64_t claim_end(const struct cml *log, uint64_t lo)
{
	uint64_t hi = lo + cml_pace_regions(&log->pace, log->cfg.ctr.region_size_sect);
	uint32_t i;

	if (hi > log->region_count)
		hi = log->region_count;
	for (i = 0; i < CML_CLAIMS_MAX; i++)
		if (log->claim[i].id && log->claim[i].lo > lo && log->claim[i].lo < hi)
			hi = log->claim[i].lo;
	return hi;
}

/*
 * A kernel whose hint is, or may be, the region count asks for no work until it is resumed: a claim
 * for it would stay open for ever, and everybody's writes in it would wait (L1).
 */
static bool inst_wants_work(const struct cml *log, const struct cml_inst *inst)
{
	return inst->is_used && inst->state == CML_INST_RUNNING && inst->wants_work &&
	       inst->bound < log->region_count;
}

static bool wants_work(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (inst_wants_work(log, &log->inst[i]))
			return true;
	return false;
}

/* Half of the current claim is handed out, or there is none: time for the next. */
static bool is_half_done(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) {
		const struct cml_claim *claim = cml_claim_find(log, log->work[i].claim_id);

		if (claim && !log->work[i].is_releasing &&
		    log->work[i].next < claim->lo + (claim->hi - claim->lo) / 2)
			return false;
	}
	return true;
}

static bool has_work(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].claim_id)
			return true;
	return false;
}

static bool may_propose(struct cml *log)
{
	return log->state == CML_ST_ACTIVE && cmn_can_serve(log->cmn) && !log->proposed_id &&
	       log->cmn->now_ms >= log->claim_due_ms && log->oos_count && cml_claims_allowed(log) &&
	       log->leave.step == CML_LEAVE_NONE && log->legs_known && wants_work(log) &&
	       work_free(log) && is_half_done(log) &&
	       cml_pace_allows(&log->pace, log->cmn->now_ms, has_work(log));
}

static void propose(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_PROPOSE };
	uint64_t lo = first_unclaimed(log, log->claim_from);

	if (lo == log->region_count && log->claim_from) {
		log->claim_from = 0;
		lo = first_unclaimed(log, 0);
	}
	if (lo == log->region_count)
		return;
	log->proposed_id = cmn_msg_id(log->cmn->cfg.nodeid, log->cmn->seq + 1);
	msg.u.propose.claim_id = log->proposed_id;
	msg.u.propose.lo = lo;
	msg.u.propose.hi = claim_end(log, lo);
	msg.u.propose.patience_ms = cml_pace_patience_ms(&log->pace, log->cmn->now_ms);
	cmn_send(log->cmn, log, &msg);
}

static void wake(struct cml *log)
{
	struct cmn_effect fx = { .type = CMN_FX_WAKE_KERNEL, .log = log };
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++) {
		if (!inst_wants_work(log, &log->inst[i]))
			continue;
		fx.luid = log->inst[i].luid;
		log->cmn->emit(log->cmn->host, &fx);
		return;
	}
}

void cml_work_granted(struct cml *log, struct cml_claim *claim)
{
	struct cml_work *work = work_free(log);

	if (log->proposed_id == claim->id)
		log->proposed_id = 0;
	CM_ASSERT(work);
	memset(work, 0, sizeof(*work));
	work->claim_id = claim->id;
	work->granted_ms = log->cmn->now_ms;
	work->next = claim->lo;
	log->claim_from = claim->hi;
	if (!wants_work(log)) {
		work->next = claim->hi; /* our kernel was suspended: release it untouched */
	} else if (log->km.luid) {
		work->next = claim->hi;
		work->is_kernels = true;
		cml_km_pump(log); /* it copies what it knows to be out of sync */
		cml_km_claim(log, claim);
	} else {
		wake(log);
	}
}

/* ---- handing out ---- */

/* Returns whether the claim has a region left; *region_nr = the first. */
static bool next_in(struct cml *log, const struct cml_work *work, uint64_t *region_nr)
{
	const struct cml_claim *claim = cml_claim_find(log, work->claim_id);
	uint64_t r;

	if (!claim || work->is_releasing)
		return false;
	for (r = work->next; r < claim->hi; r++) {
		if (cml_bit_get(claim->out, r - claim->lo) || !bits_test(&log->oos, r))
			continue;
		*region_nr = r;
		return true;
	}
	return false;
}

static void assign(struct cml *log, struct cml_inst *inst, struct cml_work *work,
		   uint64_t region_nr)
{
	work->next = region_nr + 1;
	work->assigned = region_nr + 1;
	work->assigned_luid = inst->luid;
	kept_of(log, inst)->assigned = region_nr + 1; /* before the answer (hazard D8) */
}

bool cml_work_next(struct cml *log, struct cml_inst *inst, uint64_t *region_nr)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) { /* asked again: the same one */
		if (!log->work[i].assigned || log->work[i].assigned_luid != inst->luid)
			continue;
		*region_nr = log->work[i].assigned - 1;
		return true;
	}
	inst->wants_work = true;
	if (!cmn_can_serve(log->cmn) || log->state != CML_ST_ACTIVE) {
		log->wake_due = true; /* it will not ask again by itself */
		return false;
	}
	for (i = 0; i < CML_WORKS; i++) {
		if (log->work[i].assigned || !next_in(log, &log->work[i], region_nr))
			continue;
		assign(log, inst, &log->work[i], *region_nr);
		return true;
	}
	return false;
}

bool cml_inst_is_assigned(const struct cml *log, const struct cml_inst *inst, uint64_t region_nr)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].assigned == region_nr + 1 &&
		    log->work[i].assigned_luid == inst->luid)
			return true;
	return false;
}

/* In a claim of ours, and its copy has ended well. */
bool cml_work_is_copied(const struct cml *log, uint64_t region_nr)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) {
		const struct cml_claim *claim = cml_claim_find_c(log, log->work[i].claim_id);

		if (claim && region_nr >= claim->lo && region_nr < claim->hi &&
		    cml_bit_get(log->work[i].done, region_nr - claim->lo))
			return true;
	}
	return false;
}

/*
 * Hazard L4: without an open assignment of this luid, "in sync" is an echo of something that is
 * over.
 */
void cml_work_done(struct cml *log, struct cml_inst *inst, uint64_t region_nr, bool in_sync)
{
	uint32_t i;

	if (kept_of(log, inst)->assigned == region_nr + 1)
		kept_of(log, inst)->assigned = 0;
	for (i = 0; i < CML_WORKS; i++) {
		struct cml_work *work = &log->work[i];
		const struct cml_claim *claim = cml_claim_find(log, work->claim_id);

		if (!claim || work->assigned != region_nr + 1 || work->assigned_luid != inst->luid)
			continue;
		work->assigned = 0;
		if (in_sync && region_nr < claim->hi)
			cml_bit_set(work->done, region_nr - claim->lo);
	}
}

/* ---- giving back ---- */

void cml_work_stop(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) {
		struct cml_work *work = &log->work[i];
		const struct cml_claim *claim = cml_claim_find(log, work->claim_id);

		if (!claim)
			continue;
		work->next = claim->hi;
		/* The module says by itself how far it came. */
		work->assigned = 0; /* PRESUSPEND comes after the kernel's own recovery has ended */
	}
}

void cml_work_giveback(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_GIVEBACK };
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) {
		struct cml_work *work = &log->work[i];
		const struct cml_claim *claim = cml_claim_find(log, work->claim_id);

		if (claim && work->is_kernels && !work->is_releasing)
			cml_km_claim_cut(log, claim->id);
		if (!claim || work->is_releasing || work->next >= claim->hi)
			continue;
		msg.u.giveback.claim_id = claim->id;
		msg.u.giveback.hi = work->next;
		if (work->next > claim->lo)
			cmn_send(log->cmn, log, &msg);
		work->next = claim->hi;
	}
}

static bool any_kmod(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].client == WIRE_CLIENT_KMOD)
			return true;
	return false;
}

bool cml_work_copied(struct cml *log, const struct kmod_bits *copied)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++) {
		struct cml_work *work = &log->work[i];

		if (!copied->claim_id || work->claim_id != copied->claim_id)
			continue;
		if (work->is_releasing || !work->is_kernels)
			return true;
		memcpy(work->done, copied->bits, sizeof(work->done));
		work->is_kernels = !copied->is_done;
		return true;
	}
	return false;
}

void cml_work_adopt(struct cml *log)
{
	uint32_t i, j, w = 0;

	for (i = 0; i < CML_CLAIMS_MAX && w < CML_WORKS; i++) {
		struct cml_claim *claim = &log->claim[i];
		struct cml_work *work = &log->work[w];

		if (!claim->id || claim->nodeid != log->cmn->cfg.nodeid)
			continue;
		memset(work, 0, sizeof(*work));
		work->claim_id = claim->id;
		work->granted_ms = log->cmn->now_ms;
		work->next = claim->hi;
		work->is_kernels = any_kmod(log);
		for (j = 0; j < CML_LUIDS_MAX; j++) {
			const struct cml_persist_inst *kept = &log->persist->inst[j];

			if (!log->inst[j].is_used || !kept->is_running ||
			    kept->assigned <= claim->lo || kept->assigned > claim->hi)
				continue;
			work->assigned = kept->assigned;
			work->assigned_luid = kept->luid;
		}
		w++;
	}
}

/* ---- release ---- */

static void release_send(struct cml *log, struct cml_work *work, const struct cml_claim *claim)
{
	struct wire_msg msg = { .type = WIRE_RELEASE, .u.release.claim_id = claim->id };

	msg.blob = work->done;
	msg.blob_bytes = (uint32_t)((claim->hi - claim->lo + 7) / 8);
	work->is_sent = true;
	cmn_send(log->cmn, log, &msg);
}

static bool any_done(const struct cml_work *work)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIM_BYTES; i++)
		if (work->done[i])
			return true;
	return false;
}

/* Hazard L28: once per claim every leg is flushed before anything of it is called in sync. */
static void work_pump(struct cml *log, struct cml_work *work)
{
	const struct cml_claim *claim = cml_claim_find(log, work->claim_id);
	uint64_t r;

	if (!claim || work->is_sent || work->assigned || work->is_kernels)
		return;
	if (!work->is_releasing) {
		if (next_in(log, work, &r))
			return;
		cml_pace_copied(&log->pace, log->cmn->now_ms, claim->hi - claim->lo,
				claim->since_ms, work->granted_ms);
		work->is_releasing = true;
		work->is_flushed = !any_done(work);
		if (!work->is_flushed)
			work->flush_id = cml_flush_legs(log);
	}
	if (work->is_flushed)
		release_send(log, work, claim);
}

/* A kernel that was told "no work" while a view settled. */
static void wake_pump(struct cml *log)
{
	uint64_t r;
	uint32_t i;

	if (!log->wake_due || !cmn_can_serve(log->cmn) || log->state != CML_ST_ACTIVE)
		return;
	log->wake_due = false;
	for (i = 0; i < CML_WORKS; i++) {
		if (!log->work[i].claim_id || log->work[i].assigned ||
		    !next_in(log, &log->work[i], &r))
			continue;
		wake(log);
		return;
	}
}

void cml_work_pump(struct cml *log)
{
	uint32_t i;

	wake_pump(log);

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].claim_id)
			work_pump(log, &log->work[i]);
	if (may_propose(log))
		propose(log);
}
