/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_req.c - kernel requests that are answered at once, and where each of the others goes.
 *
 * dm-mirror's order of calls per pass (drivers/md/dm-raid1.c, do_mirror): CLEAR and FLUSH;
 * GET_RESYNC_WORK; IN_SYNC per read; IS_REMOTE_RECOVERING and IN_SYNC per write, IN_SYNC again per
 * new region, MARK and FLUSH.
 */
#include "lib/core/cml_int.h"

#include <stdio.h>
#include <string.h>

void cml_reply(struct cml *log, uint64_t luid, uint32_t seq, uint32_t type, int error)
{
	struct kabi_reply reply = { .luid = luid, .seq = seq, .type = type, .error = error };
	struct cmn_effect fx = { .type = CMN_FX_REPLY, .log = log, .luid = luid, .reply = &reply };

	log->stats.replies++;
	log->cmn->emit(log->cmn->host, &fx);
}

void cml_reply_u64(struct cml *log, const struct kabi_req *req, const uint64_t *v, uint32_t n)
{
	struct kabi_reply reply = { .luid = req->luid, .seq = req->seq, .type = req->type };
	struct cmn_effect fx = {
		.type = CMN_FX_REPLY, .log = log, .luid = req->luid, .reply = &reply
	};

	reply.data_bytes = n * (uint32_t)sizeof(*v);
	memcpy(reply.data, v, reply.data_bytes); /* host order: the peer is our own kernel */
	log->stats.replies++;
	log->cmn->emit(log->cmn->host, &fx);
}

/* ---- tokens: what was told to a luid stays told until its next pass (hazard L2) ---- */

const struct cml_token *cml_token_find(const struct cml_inst *inst, uint64_t region_nr)
{
	uint32_t i;

	for (i = 0; i < inst->token_count; i++)
		if (inst->token[i].region_nr == region_nr)
			return &inst->token[i];
	return NULL;
}

void cml_token_open(struct cml_inst *inst, uint64_t region_nr, bool in_sync)
{
	if (inst->tokens_overflow || cml_token_find(inst, region_nr))
		return;
	if (inst->token_count == CML_TOKENS_MAX) {
		inst->tokens_overflow =
			true; /* from now on every region counts as about to be written */
		return;
	}
	inst->token[inst->token_count].region_nr = region_nr;
	inst->token[inst->token_count++].in_sync = in_sync;
}

void cml_token_close(struct cml_inst *inst, uint64_t region_nr)
{
	uint32_t i;

	for (i = 0; i < inst->token_count; i++) {
		if (inst->token[i].region_nr != region_nr)
			continue;
		inst->token[i] = inst->token[--inst->token_count];
		return;
	}
}

void cml_token_close_all(struct cml_inst *inst)
{
	inst->token_count = 0;
	inst->tokens_overflow = false;
}

/* ---- sync questions ---- */

/*
 * Lowest region out of sync; a claimed region is out of sync until its release, so claims need no
 * look.
 */
uint64_t cml_hint(const struct cml *log)
{
	if (!cml_is_whole(log))
		return 0;
	if (!log->oos_count)
		return log->region_count;
	return bits_next_set(&log->oos, 0);
}

/*
 * While every node reports every leg healthy the answer is 1 for each region: a write to a region
 * that is out of sync then is marked and goes to all legs (0 would make it primary-only and
 * unmarked, hazard L1), and reads stay on the default leg anyway. After a leg error 0 is told only
 * where the kernel asks before each write: at or above its hint.
 */
static bool in_sync_answer(const struct cml *log, const struct cml_inst *inst, uint64_t region_nr)
{
	if (!cml_any_leg_failed(log) || !cml_is_whole(log) || cml_work_is_copied(log, region_nr))
		return true; /* copied, not released yet: 0 would make one leg newer again */
	return !bits_test(&log->oos, region_nr) || inst->bound > region_nr;
}

static void req_in_sync(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	const struct cml_token *token = cml_token_find(inst, req->region_nr[0]);
	bool answer = token ? token->in_sync : in_sync_answer(log, inst, req->region_nr[0]);
	uint64_t v = answer;

	if (!token && inst->bound > req->region_nr[0])
		cml_token_open(inst, req->region_nr[0], answer);
	if (!answer)
		cml_inst_has_nosync(log, inst, CML_NOSYNC_TOLD);
	cml_reply_u64(log, req, &v, 1);
}

/* Inquorate or settling: only what is already durable and in sync may be written (decisions). */
static bool is_recovering(const struct cml *log, uint64_t region_nr)
{
	if (!cmn_can_serve(log->cmn) || !cml_is_whole(log))
		return bits_test(&log->oos, region_nr) || !cml_region_is_durable(log, region_nr);
	return cml_claim_by_other(log, region_nr);
}

static void req_is_remote(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	uint64_t region_nr = req->region_nr[0], v[2];

	if (inst->pass_has_marked) { /* the first question of a later pass */
		cml_token_close_all(inst);
		inst->pass_has_marked = false;
	}
	/* A refused instance gets -EIO for its marks: a write held here would hold its suspend. */
	v[0] = inst->state != CML_INST_REFUSED && is_recovering(log, region_nr);
	v[1] = cml_hint(log);
	inst->bound = v[1];
	if (!v[0])
		cml_token_open(inst, region_nr, in_sync_answer(log, inst, region_nr));
	cml_reply_u64(log, req, v, 2);
}

static void req_sync_count(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	uint64_t v = 0;

	if (inst->state == CML_INST_RUNNING && cml_is_whole(log))
		v = log->region_count - log->oos_count;
	if (v == log->region_count)
		inst->bound =
			/* the kernel's hint is now the region count: it asks nothing more (L1) */
			v;
	cml_reply_u64(log, req, &v, 1);
}

static void req_resync_work(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	uint64_t v[2] = { 0, 0 };

	cml_token_close_all(inst); /* a new pass */
	inst->pass_has_marked = false;
	if (inst->state == CML_INST_RUNNING)
		v[0] = cml_work_next(log, inst, &v[1]);
	cml_reply_u64(log, req, v, 2);
}

static void req_status(struct cml *log, const struct kabi_req *req)
{
	struct kabi_reply reply = { .luid = req->luid, .seq = req->seq, .type = req->type };
	struct cmn_effect fx = {
		.type = CMN_FX_REPLY, .log = log, .luid = req->luid, .reply = &reply
	};
	char text[KABI_REPLY_DATA_MAX];
	int n;

	if (log->cfg.is_core)
		n = snprintf(text, sizeof(text), "1 clustered-core");
	else
		n = snprintf(text, sizeof(text), "3 clustered-disk %s %c", log->cfg.ctr.dev,
			     log->log_failed || cml_has_failed_log(log) ? 'D' : 'A');
	CM_ASSERT(n > 0 && (size_t)n < sizeof(text));
	memcpy(reply.data, text, (size_t)n);
	reply.data_bytes = (uint32_t)n;
	log->stats.replies++;
	log->cmn->emit(log->cmn->host, &fx);
}

static void req_clear(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	uint32_t i;

	for (i = 0; i < req->region_count; i++) {
		cml_clear(log, req->region_nr[i]);
		cml_token_close(inst, req->region_nr[i]);
	}
	cml_reply(log, req->luid, req->seq, req->type, 0);
}

/*
 * A DTR without a POSTSUSPEND (it was lost while no daemon ran): the table is gone, nobody writes
 * through it.
 */
static void req_dtr(struct cml *log, struct cml_inst *inst)
{
	struct cml_persist_inst *kept = &log->persist->inst[inst - log->inst];

	cml_km_gone(log, inst);
	inst->is_used = false;
	kept->is_used = 0;
	kept->is_running = 0;
	if (!cml_has_running(log))
		bits_fill(&log->dirty, false);
}

static bool regions_ok(const struct cml *log, const struct kabi_req *req)
{
	uint32_t i;

	for (i = 0; i < req->region_count; i++)
		if (req->region_nr[i] >= log->region_count)
			return false;
	return true;
}

static void req_ordinary(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	switch (req->type) {
	case KABI_IN_SYNC:
		req_in_sync(log, inst, req);
		break;
	case KABI_IS_REMOTE_RECOVERING:
		req_is_remote(log, inst, req);
		break;
	case KABI_GET_SYNC_COUNT:
		req_sync_count(log, inst, req);
		break;
	case KABI_GET_RESYNC_WORK:
		req_resync_work(log, inst, req);
		break;
	case KABI_MARK_REGION:
	case KABI_FLUSH:
		cml_req_mark(log, inst, req);
		break;
	case KABI_CLEAR_REGION:
		req_clear(log, inst, req);
		break;
	case KABI_SET_REGION_SYNC:
		cml_req_set_sync(log, inst, req);
		break;
	case KABI_STATUS_INFO:
		req_status(log, req);
		break;
	default:
		cml_reply(log, req->luid, req->seq, req->type, -ENOSYS);
	}
}

void cml_req(struct cml *log, const struct kabi_req *req)
{
	struct cml_inst *inst = cml_inst_find(log, req->luid);

	log->stats.requests++;
	if (req->type == KABI_DTR) {
		if (inst)
			req_dtr(log, inst);
		return;
	}
	if (!inst) {
		cml_reply(log, req->luid, req->seq, req->type, -ESRCH);
		return;
	}
	if (!regions_ok(log, req)) {
		cml_reply(log, req->luid, req->seq, req->type, -EINVAL);
		return;
	}
	switch (req->type) {
	case KABI_RESUME:
		cml_inst_resume(log, inst, req);
		break;
	case KABI_PRESUSPEND:
		cml_inst_presuspend(log, inst, req);
		break;
	case KABI_POSTSUSPEND:
		cml_inst_postsuspend(log, inst, req);
		break;
	default:
		req_ordinary(log, inst, req);
	}
}
