/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_pend.c - requests that wait: marks for the disk, and for their VOID; failures for their mark.
 *
 * The kernel retries after 15 s with a new seq and the same content; a retry takes the place of
 * its first try and is never a second request (hazard D9). One of its threads has one request
 * under way.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static bool is_same(const struct cml_pending *pend, const struct kabi_req *req)
{
	return pend->is_used && pend->type == req->type &&
	       pend->region_count == req->region_count &&
	       !memcmp(pend->region_nr, req->region_nr,
		       req->region_count * sizeof(req->region_nr[0]));
}

struct cml_pending *cml_pend_add(struct cml_inst *inst, const struct kabi_req *req, uint64_t now_ms,
				 bool *is_new)
{
	struct cml_pending *free_one = NULL, *oldest = &inst->pending[0];
	uint32_t i;

	for (i = 0; i < CML_PENDING_MAX; i++) {
		struct cml_pending *pend = &inst->pending[i];

		if (is_same(pend, req)) {
			pend->seq = req->seq;
			*is_new = false;
			return pend;
		}
		if (!pend->is_used && !free_one)
			free_one = pend;
		if (pend->since_ms < oldest->since_ms)
			oldest = pend;
	}
	if (!free_one)
		free_one =
			/*
			 * nobody waits for it any more: a device has fewer threads than we have
			 * places
			 */
			oldest;
	memset(free_one, 0, sizeof(*free_one));
	free_one->is_used = true;
	free_one->type = req->type;
	free_one->seq = req->seq;
	free_one->region_count = req->region_count;
	memcpy(free_one->region_nr, req->region_nr, req->region_count * sizeof(req->region_nr[0]));
	free_one->since_ms = now_ms;
	*is_new = true;
	return free_one;
}

void cml_pend_answer_type(struct cml *log, struct cml_inst *inst, uint32_t type, int error)
{
	uint32_t i;

	for (i = 0; i < CML_PENDING_MAX; i++) {
		struct cml_pending *pend = &inst->pending[i];

		if (!pend->is_used || pend->type != type)
			continue;
		pend->is_used = false;
		cml_reply(log, inst->luid, pend->seq, type, error);
	}
}

/* ---- marks ---- */

static bool all_durable(const struct cml *log, const struct cml_pending *pend)
{
	uint32_t i;

	for (i = 0; i < pend->region_count; i++)
		if (!cml_region_is_durable(log, pend->region_nr[i]))
			return false;
	return true;
}

static bool any_oos(const struct cml *log, const struct cml_pending *pend)
{
	uint32_t i;

	for (i = 0; i < pend->region_count; i++)
		if (bits_test(&log->oos, pend->region_nr[i]))
			return true;
	return false;
}

/* Settling or inquorate: only marks that change nothing on disk, of regions in sync (decisions). */
static bool may_mark(const struct cml *log, const struct cml_pending *pend)
{
	if (cmn_can_serve(log->cmn) && cml_is_whole(log) && log->slot_ready)
		return true;
	return log->slot_ready && all_durable(log, pend) && !any_oos(log, pend);
}

/*
 * Hazard D1: a mark is never held for a claim. It goes to the slot, the claim loses the region by
 * VOID, and the answer waits until VOID has come back: ordered before the claim's RELEASE, that
 * release skips the region; ordered after it, the copy was complete before the write began.
 */
static void void_send(struct cml *log, struct cml_pending *pend, uint64_t region_nr)
{
	struct wire_msg msg = { .type = WIRE_VOID, .u.void_.region_nr = region_nr };

	pend->void_seq = cmn_send(log->cmn, log, &msg);
	pend->needs_void = true;
	log->stats.voids++;
}

static void mark_all(struct cml *log, struct cml_pending *pend)
{
	uint32_t i;

	for (i = 0; i < pend->region_count; i++) {
		uint64_t region_nr = pend->region_nr[i];

		log->stats.marks++;
		log->stats.marks_hot += cml_region_is_durable(log, region_nr);
		cml_mark(log, region_nr);
		if (pend->type != KABI_SET_REGION_SYNC && cml_claim_by_other(log, region_nr))
			void_send(log, pend, region_nr);
	}
	pend->need_gen = log->mark_gen;
	pend->is_marked = true;
}

static bool is_reached(const struct cml *log, const struct cml_pending *pend)
{
	uint32_t i;

	if (pend->needs_void && log->void_delivered < pend->void_seq)
		return false;
	for (i = 0; i < pend->region_count; i++)
		if (!cml_region_reached(log, pend->region_nr[i], pend->need_gen))
			return false;
	return true;
}

void cml_failure_send(struct cml *log, uint64_t region_nr)
{
	struct wire_msg set = { .type = WIRE_OOS_SET };
	uint8_t byte = (uint8_t)(1u << (region_nr % 8));

	set.u.oos_set.cause = WIRE_OOS_FAILED;
	set.u.oos_set.first = region_nr - region_nr % 8;
	set.blob = &byte;
	set.blob_bytes = 1;
	cmn_send(log->cmn, log, &set);
	cml_health_send(log);
}

static void pend_pump(struct cml *log, struct cml_inst *inst, struct cml_pending *pend)
{
	if (inst->state == CML_INST_REFUSED || (log->log_failed && !all_durable(log, pend))) {
		pend->is_used = false;
		if (inst->state != CML_INST_REFUSED)
			log->persist->inst[inst - log->inst].has_failed_log = 1;
		cml_reply(log, inst->luid, pend->seq, pend->type, -EIO);
		return;
	}
	if (!pend->is_marked) {
		if (!may_mark(log, pend))
			return;
		mark_all(log, pend);
		cml_slot_pump(log);
	}
	if (!is_reached(log, pend))
		return;
	pend->is_used = false;
	if (pend->type == KABI_SET_REGION_SYNC) {
		cml_inst_has_nosync(log, inst, CML_NOSYNC_FAILED);
		cml_failure_send(log, pend->region_nr[0]);
	}
	cml_reply(log, inst->luid, pend->seq, pend->type, 0);
}

void cml_pend_pump(struct cml *log)
{
	uint32_t i, j;

	for (i = 0; i < CML_LUIDS_MAX; i++) {
		struct cml_inst *inst = &log->inst[i];

		if (!inst->is_used)
			continue;
		for (j = 0; j < CML_PENDING_MAX; j++) {
			struct cml_pending *pend = &inst->pending[j];

			if (pend->is_used &&
			    (pend->type == KABI_MARK_REGION || pend->type == KABI_FLUSH ||
			     pend->type == KABI_SET_REGION_SYNC))
				pend_pump(log, inst, pend);
		}
	}
}

void cml_req_mark(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	bool is_new;

	inst->pass_has_marked = true;
	cml_token_close_all(inst);
	/* FLUSH after clears or after MARKs that were durable when answered */
	if (!req->region_count) {
		cml_reply(log, req->luid, req->seq, req->type, 0);
		return;
	}
	cml_pend_add(inst, req, log->cmn->now_ms, &is_new);
	if (!is_new)
		log->stats.retries++;
	cml_pend_pump(log);
}

/* Hazard D13: a failure is answered when the own mark is durable; the out-of-sync bit follows. */
void cml_req_set_sync(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	bool is_new;

	if (req->in_sync || cml_inst_is_assigned(log, inst, req->region_nr[0])) {
		cml_work_done(log, inst, req->region_nr[0], req->in_sync);
		cml_reply(log, req->luid, req->seq, req->type, 0);
		if (req->in_sync)
			return;
		cml_failure_send(log, req->region_nr[0]);
		return;
	}
	cml_pend_add(inst, req, log->cmn->now_ms, &is_new);
	cml_pend_pump(log);
}
