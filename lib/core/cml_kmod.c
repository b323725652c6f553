/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_kmod.c - an instance of the module dm-log-cmirror (kmod/cmirror.h).
 *
 * While it runs the slot is lent to it: it marks, writes the slot's pages and clears by itself, and
 * nothing here knows which marks there are. It is told what is out of sync, which claims of others
 * it has to keep away from, and what it shall copy. It tells, as a level, what it wants; the same
 * look twice does no harm. At its end it hands back the marks, and the leave goes on as ever.
 *
 * What is told at a delivery is told before anything else is done with it, so no message of ours
 * says more than the kernel knows: an ACK is sent when the kernel has frozen the claim, not before.
 */
#include "lib/core/cml_int.h"

#include <string.h>

#define FREEZE_WAIT_MS 1000u /* for writes under way; then their regions leave the claim */

static void push(struct cml *log, struct kmod_push *what)
{
	struct cmn_effect fx = { .type = CMN_FX_KMOD, .log = log, .luid = log->km.luid };

	what->luid = log->km.luid;
	fx.push = what;
	log->cmn->emit(log->cmn->host, &fx);
}

/* ---- what is out of sync, and which writes may go on ---- */

void cml_km_oos_note(struct cml *log, uint64_t region_nr)
{
	if (!log->km.luid)
		return;
	if (log->km.oos_lo > region_nr)
		log->km.oos_lo = region_nr;
	if (log->km.oos_hi <= region_nr)
		log->km.oos_hi = region_nr + 1;
}

static void oos_push(struct cml *log, uint64_t lo, uint64_t hi)
{
	struct kmod_push what = { .type = KMOD_PUSH_OOS, .op = CMIRROR_OP_LOAD };
	uint64_t first, left;

	for (first = lo - lo % 64; first < hi; first += (uint64_t)what.bytes * 8) {
		left = (hi - first + 7) / 8;
		what.bytes = left < CMIRROR_BITS_MAX ? (uint32_t)left : CMIRROR_BITS_MAX;
		bits_get_bytes(&log->oos, first, log->cmn->blob_buf, what.bytes);
		what.first = first;
		what.bits = log->cmn->blob_buf;
		push(log, &what);
	}
	log->km.oos_lo = UINT64_MAX;
	log->km.oos_hi = 0;
}

static uint8_t mode_now(const struct cml *log)
{
	return cmn_can_serve(log->cmn) && cml_is_whole(log) ? CMIRROR_MODE_ALL
							    : CMIRROR_MODE_NONE;
}

static void mode_push(struct cml *log)
{
	struct kmod_push what = { .type = KMOD_PUSH_MODE, .mode = mode_now(log),
				  .oos_durable = cml_oos_is_durable(log) };

	log->km.mode = what.mode;
	log->km.oos_durable = what.oos_durable;
	push(log, &what);
}

void cml_km_pump(struct cml *log)
{
	bool is_changed = log->km.oos_lo < log->km.oos_hi;

	if (!log->km.luid)
		return;
	if (is_changed)
		oos_push(log, log->km.oos_lo, log->km.oos_hi);
	if (is_changed || log->km.mode != mode_now(log) ||
	    log->km.oos_durable != cml_oos_is_durable(log))
		mode_push(log);
}

/* ---- claims ---- */

void cml_km_freeze(struct cml *log, const struct cml_claim *claim)
{
	struct kmod_push what = { .type = KMOD_PUSH_FREEZE, .claim_id = claim->id,
				  .lo = claim->lo, .hi = claim->hi,
				  .wait_ms = FREEZE_WAIT_MS, .patience_ms = claim->patience_ms };
	uint64_t r;

	push(log, &what);
	/* One that came with the tables may have lost some already: writes there need not wait. */
	for (r = claim->lo; r < claim->hi; r++)
		if (cml_bit_get(claim->out, r - claim->lo))
			cml_km_region_out(log, claim, r);
}

void cml_km_claim(struct cml *log, const struct cml_claim *claim)
{
	struct kmod_push what = { .type = KMOD_PUSH_CLAIM, .claim_id = claim->id,
				  .lo = claim->lo, .hi = claim->hi, .bits = claim->out,
				  .bytes = (uint32_t)((claim->hi - claim->lo + 7) / 8) };

	push(log, &what);
}

void cml_km_claim_over(struct cml *log, const struct cml_claim *claim)
{
	struct kmod_push what = { .claim_id = claim->id };
	uint64_t r;

	if (!log->km.luid)
		return;
	/* A VOID that is still on its way finds no claim: the next claim wants one of its own. */
	for (r = claim->lo; r < claim->hi; r++)
		bits_clear(&log->km.voided, r);
	what.type = claim->nodeid == log->cmn->cfg.nodeid ? KMOD_PUSH_CLAIM_END : KMOD_PUSH_THAW;
	push(log, &what);
}

void cml_km_claim_cut(struct cml *log, uint64_t claim_id)
{
	struct kmod_push what = { .type = KMOD_PUSH_CLAIM_CUT, .claim_id = claim_id };

	push(log, &what);
}

void cml_km_region_out(struct cml *log, const struct cml_claim *claim, uint64_t region_nr)
{
	struct kmod_push what = { .type = KMOD_PUSH_REGION_OUT, .claim_id = claim->id,
				  .region_nr = region_nr };

	if (!log->km.luid)
		return;
	bits_clear(&log->km.voided, region_nr);
	push(log, &what);
}

/* ---- the slot, lent and given back ---- */

static void marks_push(struct cml *log)
{
	struct kmod_push what = { .type = KMOD_PUSH_MARKS };
	uint64_t r, left;

	for (r = bits_next_set(&log->marks, 0); r < log->region_count;
	     r = bits_next_set(&log->marks, what.first + (uint64_t)what.bytes * 8)) {
		what.first = r - r % 64;
		left = (log->region_count - what.first + 7) / 8;
		what.bytes = left < 4096 ? (uint32_t)left : 4096;
		bits_get_bytes(&log->marks, what.first, log->cmn->blob_buf, what.bytes);
		what.bits = log->cmn->blob_buf;
		push(log, &what);
		if (what.bytes == left)
			return;
	}
}

static void claims_push(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		const struct cml_claim *claim = &log->claim[i];

		if (!claim->id)
			continue;
		if (claim->nodeid != log->cmn->cfg.nodeid)
			cml_km_freeze(log, claim);
		else if (claim->is_granted)
			cml_km_claim(log, claim);
	}
}

bool cml_km_writes(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX && !log->km.luid; i++)
		if (log->inst[i].is_used && log->inst[i].client == WIRE_CLIENT_KMOD &&
		    log->inst[i].state == CML_INST_RESUMING && log->inst[i].is_replay)
			return true;
	return log->km.luid;
}

void cml_km_lend(struct cml *log, const struct cml_inst *inst)
{
	log->km.luid = inst->luid;
	oos_push(log, 0, log->region_count);
	if (!inst->is_replay) /* else it has its marks */
		marks_push(log);
	mode_push(log);
	claims_push(log);
	bits_fill(&log->km.voided, false);
	bits_fill(&log->km.failed, false);
	bits_fill(&log->dirty, false);
	log->batch_flushing = false;
	if (!log->cfg.is_core)
		cml_marks_forget(log);
}

/* All of them, in chunks from region 0 on. What the disk has beyond them is written over. */
void cml_km_marks(struct cml *log, uint64_t first, const uint8_t *bits, size_t len_bytes)
{
	uint32_t i;

	if (!cml_km_writes(log) || log->cfg.is_core || first >= log->region_count)
		return;
	if (!first)
		bits_fill(&log->marks, false);
	bits_put_bytes(&log->marks, first, bits, (uint32_t)len_bytes);
	log->mark_count = bits_weight(&log->marks);
	for (i = 0; i < log->geom.map_pages; i++) {
		log->slot_page[i].set_gen = ++log->mark_gen;
		log->slot_page[i].is_wanted = true;
	}
}

/* ---- what it says ---- */

static struct kabi_req request(const struct cml_inst *inst, uint32_t type)
{
	return (struct kabi_req){ .luid = inst->luid, .type = type };
}

static void resume(struct cml *log, struct cml_inst *inst, bool is_replay)
{
	struct kabi_req req = request(inst, KABI_RESUME);

	inst->is_replay = is_replay;
	log->persist->inst[inst - log->inst].is_running = is_replay;
	if (!is_replay) /* it tries its log anew (cmk_life.c) */
		log->persist->inst[inst - log->inst].has_failed_log = 0;
	cml_inst_resume(log, inst, &req);
}

/* It will not say any more what is written there; nothing is. */
static void acks_send(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		struct cml_claim *claim = &log->claim[i];

		if (!claim->id || !claim->waits_kernel)
			continue;
		claim->waits_kernel = false;
		cml_ack_send(log, claim, NULL, 0);
	}
}

/*
 * Without having handed back the slot: its suspend was killed while it waited for us. Nothing
 * writes any more; what it had marked is on disk.
 */
void cml_km_gone(struct cml *log, const struct cml_inst *inst)
{
	bool is_never_lent = inst->client == WIRE_CLIENT_KMOD &&
			     inst->state == CML_INST_RESUMING && inst->is_replay;

	if (log->km.luid != inst->luid && !is_never_lent)
		return;
	log->km.luid = 0;
	acks_send(log);
	cml_marks_forget(log);
	cml_slot_read_start(log);
	if (log->cfg.is_core) /* no slot tells */
		log->is_unswept = log->unswept_failed = true;
}

static void presuspend(struct cml *log, struct cml_inst *inst)
{
	struct kabi_req req = request(inst, KABI_PRESUSPEND);

	if (inst->state == CML_INST_RUNNING)
		cml_inst_presuspend(log, inst, &req);
}

/* It ran before we did, and ends before it could be lent the slot that it writes. */
static void never_lent(struct cml *log, struct cml_inst *inst, const struct kmod_look *look)
{
	if (inst->state != CML_INST_RESUMING || !inst->is_replay)
		return;
	cml_pend_answer_type(log, inst, KABI_RESUME, 0);
	inst->state = CML_INST_RUNNING;
	inst->is_replay = false;
	if (look->failed_count)
		cml_inst_has_nosync(log, inst, CML_NOSYNC_FAILED);
}

/* Who leaves last is told by the order of the PRESUSPENDED: it comes first, seen or not. */
static void stop(struct cml *log, struct cml_inst *inst, const struct kmod_look *look)
{
	struct kabi_req req = request(inst, KABI_POSTSUSPEND);

	never_lent(log, inst, look);
	presuspend(log, inst);
	if (log->km.luid == inst->luid) {
		log->km.luid = 0;
		acks_send(log);
	}
	cml_inst_postsuspend(log, inst, &req);
}

static bool is_unstarted(const struct cml_inst *inst)
{
	return inst->state == CML_INST_NEW || inst->state == CML_INST_SUSPENDED ||
	       inst->state == CML_INST_REFUSED;
}

static void look_life(struct cml *log, struct cml_inst *inst, const struct kmod_look *look)
{
	bool runs = look->state == CMIRROR_RUNNING || look->state == CMIRROR_PRESUSPENDED;

	if (look->ask & CMIRROR_ASK_STOP)
		stop(log, inst, look);
	else if (look->ask & CMIRROR_ASK_RESUME && is_unstarted(inst))
		resume(log, inst, false);
	else if (runs && inst->state == CML_INST_NEW)
		resume(log, inst, true);
	else if (look->state == CMIRROR_PRESUSPENDED)
		presuspend(log, inst);
}

static void look_frozen(struct cml *log, const struct kmod_bits *frozen)
{
	struct cml_claim *claim = cml_claim_find(log, frozen->claim_id);
	struct kmod_push what = { .type = KMOD_PUSH_THAW, .claim_id = frozen->claim_id };

	if (!claim) {
		push(log, &what);
		return;
	}
	if (!claim->waits_kernel)
		return;
	claim->waits_kernel = false;
	cml_ack_send(log, claim, frozen->bits, frozen->bytes);
}

/* Of a claim that nobody knows any more nothing is wanted. */
static void look_copied(struct cml *log, const struct kmod_bits *copied)
{
	struct kmod_push what = { .type = KMOD_PUSH_CLAIM_END, .claim_id = copied->claim_id };

	if (cml_work_copied(log, copied))
		return;
	if (!copied->is_done)
		what.type = KMOD_PUSH_CLAIM_CUT;
	push(log, &what);
}

/* Once per region and claim: km.voided is taken back when the region has left it. */
static void look_void(struct cml *log, uint64_t region_nr)
{
	struct wire_msg msg = { .type = WIRE_VOID, .u.void_.region_nr = region_nr };

	if (region_nr >= log->region_count || !cml_claim_by_other(log, region_nr) ||
	    bits_test_and_set(&log->km.voided, region_nr))
		return;
	log->stats.voids++;
	cmn_send(log->cmn, log, &msg);
}

static void look_failed(struct cml *log, struct cml_inst *inst, uint64_t region_nr)
{
	if (region_nr >= log->region_count || bits_test_and_set(&log->km.failed, region_nr))
		return;
	cml_inst_has_nosync(log, inst, CML_NOSYNC_FAILED);
	cml_failure_send(log, region_nr);
}

void cml_km_failed_heard(struct cml *log, uint64_t region_nr)
{
	struct kmod_push what = { .type = KMOD_PUSH_FAILED_DONE, .region_nr = region_nr };

	if (!log->km.luid || !bits_test_and_clear(&log->km.failed, region_nr))
		return;
	cml_km_pump(log); /* it is out of sync by our word before it is no longer by its own */
	push(log, &what);
	mode_push(log); /* while it had failures it took nothing for durable */
}

void cml_km_look(struct cml *log, const struct kmod_look *look)
{
	struct cml_inst *inst = cml_inst_find(log, look->luid);
	uint32_t i;

	if (!inst || inst->client != WIRE_CLIENT_KMOD)
		return;
	for (i = 0; log->km.luid == look->luid && i < look->failed_count; i++)
		look_failed(log, inst, look->failed[i]);
	look_life(log, inst, look);
	if (log->km.luid != look->luid)
		return;
	/* before an ACK says it */
	cml_pace_look(&log->pace, log->cmn->now_ms, look->stats.writes + look->stats.held);
	for (i = 0; i < look->frozen_count; i++)
		look_frozen(log, &look->frozen[i]);
	for (i = 0; i < look->copied_count; i++)
		look_copied(log, &look->copied[i]);
	for (i = 0; i < look->void_count; i++)
		look_void(log, look->voids[i]);
	if (look->ask & CMIRROR_ASK_LOG_FAILED) {
		log->persist->inst[inst - log->inst].has_failed_log = 1;
		if (!log->log_failed)
			cml_log_failed(log);
	}
}

void cml_slot_where(const struct cml *log, struct cml_slot_where *out)
{
	out->slot = log->slot;
	out->off = log->cfg.is_core ? 0 : disk_slot_off(&log->geom, log->slot, 0);
	out->epoch = log->epoch;
	out->uuid_hash = log->uuid_hash;
}
