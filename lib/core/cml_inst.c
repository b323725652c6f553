/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_inst.c - kernel instances (luids) of a log: CTR, RESUME, PRESUSPEND, POSTSUSPEND.
 *
 * A reload runs CTR(new), PRESUSPEND(old), POSTSUSPEND(old), RESUME(new), DTR(old): two luids of
 * one log exist for a while. The node joins the log's membership with the first RESUME and leaves
 * it in the POSTSUSPEND of the last.
 */
#include "lib/core/cml_int.h"

#include <string.h>

struct cml_inst *cml_inst_find(struct cml *log, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].luid == luid)
			return &log->inst[i];
	return NULL;
}

bool cml_instance_known(const struct cml *log, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].luid == luid)
			return true;
	return false;
}

static bool is_kept(const struct cml *log, uint32_t i, uint64_t luid)
{
	return log->persist->inst[i].is_used && log->persist->inst[i].luid == luid;
}

/* The place a former process of this boot kept for this luid, or a free one. */
static uint32_t place_find(const struct cml *log, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (!log->inst[i].is_used && is_kept(log, i, luid))
			return i;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (!log->inst[i].is_used && !log->persist->inst[i].is_used)
			return i;
	for (i = 0; i < CML_LUIDS_MAX;
	     i++) /* kept for a luid that never came back: its table is gone */
		if (!log->inst[i].is_used)
			return i;
	return CML_LUIDS_MAX;
}

int cml_instance_add(struct cml *log, uint64_t luid, const struct kabi_ctr *ctr,
		     struct cm_errmsg *err)
{
	struct cml_persist_inst *kept;
	struct cml_inst *inst;
	uint32_t i;

	if (ctr->region_count != log->region_count ||
	    ctr->region_size_sect != log->cfg.ctr.region_size_sect) {
		cm_err_set(err,
			   "log %s is in use with %llu regions of %u sectors, not %llu of %u; "
			   "deactivate the mirror everywhere first",
			   log->cfg.uuid, (unsigned long long)log->region_count,
			   log->cfg.ctr.region_size_sect, (unsigned long long)ctr->region_count,
			   ctr->region_size_sect);
		return -EBUSY;
	}
	if (cml_instance_known(log, luid))
		return 0;
	i = place_find(log, luid);
	if (i == CML_LUIDS_MAX) {
		cm_err_set(err, "log %s has %u tables already; remove one", log->cfg.uuid,
			   CML_LUIDS_MAX);
		return -ENOSPC;
	}
	kept = &log->persist->inst[i];
	if (!is_kept(log, i, luid))
		memset(kept, 0, sizeof(*kept));
	kept->luid = luid;
	kept->is_used = 1;
	inst = &log->inst[i];
	memset(inst, 0, sizeof(*inst));
	inst->is_used = true;
	inst->luid = luid;
	inst->client = WIRE_CLIENT_CONNECTOR;
	inst->is_replay = kept->is_running;
	inst->bound = log->region_count; /* unknown until a RESUME was answered */
	if (!kept->is_running)
		kept->assigned = 0;
	return 0;
}

void cml_instance_again(struct cml *log, uint64_t luid)
{
	const struct cml_inst *inst = cml_inst_find(log, luid);

	CM_ASSERT(inst);
	log->may_run |= inst->client == WIRE_CLIENT_CONNECTOR && inst->state == CML_INST_NEW;
}

int cml_instance_add_kmod(struct cml *log, uint64_t luid, const struct kabi_ctr *ctr,
			  struct cm_errmsg *err)
{
	bool is_known = cml_instance_known(log, luid);
	struct cml_inst *inst;
	int r = cml_instance_add(log, luid, ctr, err);

	if (r || is_known)
		return r;
	inst = cml_inst_find(log, luid);
	inst->client = WIRE_CLIENT_KMOD;
	inst->is_replay = false; /* its first look tells */
	inst->bound = 0;
	return 0;
}

bool cml_is_replayed(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].state == CML_INST_RESUMING &&
		    log->inst[i].is_replay)
			return true;
	return false;
}

uint8_t cml_client(const struct cml *log)
{
	uint8_t client = log->cmn->cfg.client;
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++) {
		if (!log->inst[i].is_used || log->inst[i].state == CML_INST_NEW ||
		    log->inst[i].state == CML_INST_SUSPENDED)
			continue;
		if (log->inst[i].client == WIRE_CLIENT_CONNECTOR)
			return WIRE_CLIENT_CONNECTOR;
		client = log->inst[i].client;
	}
	return client;
}

bool cml_runs_unjoined(const struct cml *log)
{
	uint32_t i;

	if (cml_mem_find_c(log, log->cmn->cfg.nodeid))
		return false;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].is_replay &&
		    log->inst[i].state <= CML_INST_RESUMING)
			return true;
	return false;
}

static bool any_in(const struct cml *log, enum cml_inst_state state)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].state == state)
			return true;
	return false;
}

bool cml_has_nosync(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->persist->inst[i].has_nosync)
			return true;
	return false;
}

bool cml_has_failed_log(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->persist->inst[i].has_failed_log)
			return true;
	return false;
}

/*
 * Such a table writes one leg without a mark, whatever becomes of the region: nothing may be called
 * in sync while it runs (is_held() in cml_claim.c), and clvmd has to load another one.
 */
void cml_inst_has_nosync(struct cml *log, struct cml_inst *inst, uint32_t why)
{
	log->persist->inst[inst - log->inst].has_nosync |= why;
}

/* ---- RESUME ---- */

static void resumed_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_RESUMED, .u.resumed.merge_epoch = log->merge_epoch };

	cmn_send(log->cmn, log, &msg);
}

static void resume_answer(struct cml *log, struct cml_inst *inst)
{
	struct cml_persist_inst *kept = &log->persist->inst[inst - log->inst];

	bool is_kmod = inst->client == WIRE_CLIENT_KMOD;

	inst->state = CML_INST_RUNNING;
	inst->bound = inst->is_replay && !is_kmod ? log->region_count : 0;
	inst->wants_work = true;
	cml_token_close_all(inst);
	if (is_kmod)
		cml_km_lend(log, inst);
	else if (inst->is_replay)
		inst->tokens_overflow = true; /* what the former process told is not known */
	else
		kept->assigned = 0;
	kept->is_running = 1; /* before the answer: the next process must know */
	cml_pend_answer_type(log, inst, KABI_RESUME, 0);
	if (!inst->is_replay || is_kmod)
		resumed_send(log);
	if (kept->has_nosync & CML_NOSYNC_FAILED)
		cml_health_send(log);
	inst->is_replay = false;
}

/*
 * Not before it is known what the last table has left in the slot. The module takes its marks for
 * durable. One that runs already does so anyway, and the module has written them itself.
 */
static bool may_start(const struct cml *log, const struct cml_inst *inst)
{
	return inst->is_replay ||
	       (log->slot_ready &&
		(inst->client != WIRE_CLIENT_KMOD || cml_slot_is_durable(log)));
}

void cml_inst_started(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].state == CML_INST_RESUMING &&
		    may_start(log, &log->inst[i]))
			resume_answer(log, &log->inst[i]);
}

void cml_inst_resume(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	bool is_new;

	if (inst->state == CML_INST_RUNNING) { /* several threads of one device replay at once */
		cml_reply(log, req->luid, req->seq, req->type, 0);
		return;
	}
	cml_pend_add(inst, req, log->cmn->now_ms, &is_new);
	inst->state = CML_INST_RESUMING;
	if (log->state == CML_ST_REFUSED)
		cml_state_set(log, CML_ST_IDLE, "");
}

/*
 * A RESUME is an ioctl that nobody can kill: after some time it is answered, and the instance is
 * good for nothing.
 */
static void refuse(struct cml *log, struct cml_inst *inst)
{
	struct cm_errmsg err = { .text = "" };

	if (!cmn_check(log->cmn, &err))
		cm_err_set(&err, log->log_failed ? "the log device failed"
						 : "no answer from the other members");
	cmn_journal(log->cmn, log, CMN_LG_ERR, "activation refused: %s",
		    *log->why ? log->why : err.text);
	inst->state = CML_INST_REFUSED;
	/* The stock client runs on after an error, the module refuses by itself. */
	cml_pend_answer_type(log, inst, KABI_RESUME,
			     inst->client == WIRE_CLIENT_KMOD ? -EIO : 0);
}

void cml_refuse(struct cml *log, const char *why)
{
	uint32_t i;

	cml_state_set(log, log->state, why);
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].state == CML_INST_RESUMING)
			refuse(log, &log->inst[i]);
}

static void resume_timeouts(struct cml *log)
{
	uint32_t i, j;

	for (i = 0; i < CML_LUIDS_MAX; i++) {
		struct cml_inst *inst = &log->inst[i];

		if (!inst->is_used || inst->state != CML_INST_RESUMING || inst->is_replay)
			continue;
		for (j = 0; j < CML_PENDING_MAX; j++)
			if (inst->pending[j].is_used && inst->pending[j].type == KABI_RESUME &&
			    log->cmn->now_ms >=
				    inst->pending[j].since_ms + log->cmn->cfg.resume_ms) {
				refuse(log, inst);
				break;
			}
	}
	if (any_in(log, CML_INST_REFUSED) && !any_in(log, CML_INST_RESUMING) &&
	    !cml_has_running(log) && log->state != CML_ST_REFUSED && log->state != CML_ST_LEAVING)
		cml_leave_start(log);
}

/* ---- suspend ---- */

static uint64_t simple_send(struct cml *log, uint8_t type)
{
	struct wire_msg msg = { .type = type };

	return cmn_send(log->cmn, log, &msg);
}

void cml_inst_presuspend(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	if (inst->state == CML_INST_RUNNING) {
		inst->state = CML_INST_PRESUSPENDED;
		inst->wants_work = false;
		if (cml_is_whole(log))
			log->presuspend_seq = simple_send(log, WIRE_PRESUSPENDED);
		cml_work_stop(log);
	}
	cml_reply(log, req->luid, req->seq, req->type, 0);
}

void cml_inst_postsuspend(struct cml *log, struct cml_inst *inst, const struct kabi_req *req)
{
	struct cml_persist_inst *kept = &log->persist->inst[inst - log->inst];
	bool was_replay = inst->state == CML_INST_RESUMING && inst->is_replay;
	bool was_running = inst->state == CML_INST_RUNNING ||
			   inst->state == CML_INST_PRESUSPENDED || was_replay,
	     is_new;

	if (inst->state == CML_INST_STOPPING) {
		cml_pend_add(inst, req, log->cmn->now_ms, &is_new);
		return;
	}
	if (was_replay)
		cml_pend_answer_type(log, inst, KABI_RESUME, 0);
	log->unswept_failed |= was_replay; /* what its writes came to it has not told us */
	inst->is_replay = false;
	inst->state = CML_INST_SUSPENDED;
	kept->is_running = 0;
	kept->assigned = 0;
	if (!was_running || cml_has_running(log)) {
		if (was_running && cml_is_whole(log) && !any_in(log, CML_INST_PRESUSPENDED))
			simple_send(log, WIRE_POSTSUSPENDED);
		cml_reply(log, req->luid, req->seq, req->type, 0);
		return;
	}
	bits_fill(&log->dirty, false); /* all I/O has ended */
	if (!cml_is_whole(log)) {      /* cannot be cleaned up now; the pump leaves when it can */
		log->is_unswept = true;
		log->unswept_failed |= cml_has_nosync(log);
		cml_reply(log, req->luid, req->seq, req->type, 0);
		return;
	}
	inst->state = CML_INST_STOPPING;
	cml_pend_add(inst, req, log->cmn->now_ms, &is_new);
	cml_leave_start(log);
}

/*
 * Nothing runs any more, but we are a member still (a lost POSTSUSPEND, a suspend while joining):
 * leave. After a suspend while joining even if the next table waits already: t0 a write fails on a
 * leg, and is held; t1 the daemon dies; t2 it is back, and the table is exchanged at once; t3 what
 * is marked is taken for flushed, and cleared; t4 the node dies before the new table has written
 * again: the legs differ, and nothing says so (hazard L27).
 */
static void leave_if_unused(struct cml *log)
{
	bool is_stuck = log->open.step == CML_OPEN_STUCK; /* it never will be whole */

	if (log->leave.step != CML_LEAVE_NONE ||
	    (!is_stuck && (!cml_is_whole(log) || !log->slot_ready)))
		return;
	if (cml_has_running(log) || (any_in(log, CML_INST_RESUMING) && !log->is_unswept))
		return;
	cml_leave_start(log);
}

void cml_inst_pump(struct cml *log)
{
	resume_timeouts(log);
	leave_if_unused(log);
	if ((log->state == CML_ST_ACTIVE || log->state == CML_ST_FAILED) &&
	    log->leave.step == CML_LEAVE_NONE && cmn_can_serve(log->cmn))
		cml_inst_started(log);
}
