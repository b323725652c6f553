/* SPDX-License-Identifier: GPL-2.0-only */
/* cmn.c - the node: create, step, sending, timers, the directory of logs. */
#include "lib/core/cml_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cmn_config_defaults(struct cmn_config *config)
{
	memset(config, 0, sizeof(*config));
	config->client = WIRE_CLIENT_CONNECTOR;
	config->fencing = WIRE_FENCING_ON;
	config->sticky_ms = 5000;
	config->clear_batch_ms = 1000;
	config->claim_retry_ms = 1000;
	config->resend_ms = 2000;
	config->resume_ms = 30000;
	config->leg_flush_ms = 5000;
	config->daemon_return_ms = 60000;
	config->daemon_return_kmod_ms = 300000;
}

static void cmn_free(struct cmn *cmn)
{
	free(cmn->send_buf);
	free(cmn->blob_buf);
	free(cmn->tables);
	free(cmn);
}

int cmn_create(const struct cmn_config *config, struct cmn **out)
{
	struct cmn *cmn = calloc(1, sizeof(*cmn));

	if (!cmn)
		return -ENOMEM;
	cmn->cfg = *config;
	cmn->send_buf = malloc(WIRE_MSG_MAX);
	cmn->blob_buf = malloc(WIRE_BLOB_MAX);
	cmn->tables = malloc(sizeof(*cmn->tables));
	if (!cmn->send_buf || !cmn->blob_buf || !cmn->tables) {
		cmn_free(cmn);
		return -ENOMEM;
	}
	CM_ASSERT(config->nodeid);
	*out = cmn;
	return 0;
}

void cmn_destroy(struct cmn *cmn)
{
	CM_ASSERT(!cmn->log_count);
	cmn_free(cmn);
}

int cmn_attach(struct cmn *cmn, struct cml *log)
{
	uint32_t i;

	if (cmn_find(cmn, log->cfg.uuid))
		return -EEXIST;
	for (i = 0; i < CML_LOGS_MAX && cmn->log[i]; i++)
		;
	if (i == CML_LOGS_MAX)
		return -ENOSPC;
	cmn->log[i] = log;
	cmn->log_count++;
	log->cmn = cmn;
	/*
	 * Peers remember our highest seq of a former process only as ids of transfers and claims;
	 * stay above it.
	 */
	if (log->persist->seq > cmn->seq)
		cmn->seq = log->persist->seq;
	return 0;
}

void cmn_detach(struct cmn *cmn, struct cml *log)
{
	uint32_t i;

	CM_ASSERT(cml_is_idle(log));
	for (i = 0; i < CML_LOGS_MAX; i++) {
		if (cmn->log[i] != log)
			continue;
		cmn->log[i] = NULL;
		cmn->log_count--;
		log->cmn = NULL;
		return;
	}
	CM_UNREACHABLE();
}

struct cml *cmn_find(const struct cmn *cmn, const char *uuid)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && !strcmp(cmn->log[i]->cfg.uuid, uuid))
			return cmn->log[i];
	return NULL;
}

bool cmn_has_live(const struct cmn *cmn)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && cml_has_running(cmn->log[i]))
			return true;
	return false;
}

/* ---- effects ---- */

uint64_t cmn_send(struct cmn *cmn, struct cml *log, struct wire_msg *msg)
{
	struct cmn_effect fx = { .type = CMN_FX_SEND, .log = log };

	msg->version = WIRE_VERSION;
	msg->sender = cmn->cfg.nodeid;
	msg->view = cmn->view_nr;
	msg->seq = ++cmn->seq;
	if (log) {
		memcpy(msg->uuid, log->cfg.uuid, sizeof(msg->uuid));
		log->persist->seq = cmn->seq;
		log->stats.sent_msgs++;
	} else {
		memset(msg->uuid, 0, sizeof(msg->uuid));
	}
	fx.buf = cmn->send_buf;
	fx.len_bytes = wire_encode(msg, cmn->send_buf);
	cmn->emit(cmn->host, &fx);
	return msg->seq;
}

uint64_t cmn_msg_id(uint32_t sender, uint64_t seq)
{
	return (uint64_t)sender << 32 | (uint32_t)seq;
}

void cmn_journal(struct cmn *cmn, struct cml *log, enum cmn_level level, const char *fmt, ...)
{
	struct cmn_effect fx = {
		.type = CMN_FX_JOURNAL, .log = log, .level = level, .text = cmn->text
	};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmn->text, sizeof(cmn->text), fmt, ap);
	va_end(ap);
	cmn->emit(cmn->host, &fx);
}

void cmn_fx(struct cmn *cmn, struct cml *log, enum cmn_fx_type type)
{
	struct cmn_effect fx = { .type = type, .log = log };

	cmn->emit(cmn->host, &fx);
}

void cmn_fx_node(struct cmn *cmn, enum cmn_fx_type type, uint32_t nodeid, const char *text)
{
	struct cmn_effect fx = { .type = type, .nodeid = nodeid, .text = text };

	cmn->emit(cmn->host, &fx);
}

void cmn_self_fence(struct cmn *cmn, const char *why)
{
	if (cmn->is_self_fenced)
		return;
	cmn->is_self_fenced = true;
	cmn_fx_node(cmn, CMN_FX_SELF_FENCE, cmn->cfg.nodeid, why);
}

/* ---- proofs of death: one per node, shared by all logs ---- */

struct cmn_proof *cmn_proof_find(struct cmn *cmn, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (cmn->proof[i].nodeid == nodeid)
			return &cmn->proof[i];
	return NULL;
}

struct cmn_proof *cmn_proof_ask(struct cmn *cmn, uint32_t nodeid)
{
	struct cmn_proof *proof = cmn_proof_find(cmn, nodeid);

	if (proof)
		return proof;
	proof = cmn_proof_find(cmn, 0);
	if (!proof)
		return NULL; /* asked again at the next pump */
	memset(proof, 0, sizeof(*proof));
	proof->nodeid = nodeid;
	cmn_fx_node(cmn, CMN_FX_PROVE_DEAD, nodeid, NULL);
	return proof;
}

bool cmn_proof_is_wanted(const struct cmn *cmn, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && cml_merge_wants_proof(cmn->log[i], nodeid))
			return true;
	return false;
}

/* Hazard L8: the lock is given back only when no log needs it any more. */
void cmn_proof_drop(struct cmn *cmn, uint32_t nodeid)
{
	struct cmn_proof *proof = cmn_proof_find(cmn, nodeid);

	if (!proof || cmn_proof_is_wanted(cmn, nodeid))
		return;
	memset(proof, 0, sizeof(*proof));
	cmn_fx_node(cmn, CMN_FX_PROOF_RELEASE, nodeid, NULL);
}

static void dead(struct cmn *cmn, uint32_t nodeid, int result)
{
	struct cmn_proof *proof = cmn_proof_find(cmn, nodeid);

	if (!proof)
		return; /* no longer wanted; the release is on its way */
	if (result) {
		cmn_journal(cmn, NULL, CMN_LG_WARN, "node %u: no proof of death (%s); asking again",
			    nodeid, cm_strerror(result));
		memset(proof, 0, sizeof(*proof));
		return;
	}
	if (!proof->is_proven)
		cmn_journal(cmn, NULL, CMN_LG_INFO, "node %u is proven dead", nodeid);
	proof->is_proven = true; /* the pump that follows finds it in each log */
}

/* ---- messages ---- */

static void msg_deliver(struct cmn *cmn, const struct cmn_event *ev)
{
	struct wire_msg msg;
	struct cml *log;
	int r = wire_decode(ev->buf, ev->len_bytes, &msg);

	if (r || msg.sender != ev->nodeid) {
		cmn_journal(cmn, NULL, CMN_LG_WARN, "message of node %u dropped: %s", ev->nodeid,
			    r ? cm_strerror(r) : "it names another sender");
		return;
	}
	if (msg.type == WIRE_HELLO) {
		cmn_hello_deliver(cmn, &msg);
		return;
	}
	if (msg.type == WIRE_JOIN) {
		cmn_join_deliver(cmn, &msg);
		return;
	}
	log = cmn_find(cmn, msg.uuid);
	if (log)
		cml_msg(log, &msg);
	cmn_whole_deliver(cmn, &msg);
	if (msg.type == WIRE_LEAVE)
		cmn_leave_deliver(cmn, &msg);
}

/* ---- step ---- */

static void log_event(struct cmn *cmn, const struct cmn_event *ev)
{
	CM_ASSERT(ev->log && ev->log->cmn == cmn);
	switch (ev->type) {
	case CMN_EV_KERNEL:
		cml_req(ev->log, ev->req);
		break;
	case CMN_EV_KMOD:
		cml_km_look(ev->log, ev->look);
		break;
	case CMN_EV_KMOD_MARKS:
		cml_km_marks(ev->log, ev->id, ev->buf, ev->len_bytes);
		break;
	case CMN_EV_DISK_DONE:
		cml_io_done(ev->log, ev->id, ev->result);
		break;
	case CMN_EV_OWNED:
		cml_owned(ev->log, ev->result);
		break;
	case CMN_EV_LEGS_FLUSHED:
		cml_legs_flushed(ev->log, ev->id, ev->result);
		break;
	case CMN_EV_LEGS_KNOWN:
		ev->log->legs_known = !ev->result;
		break;
	default:
		CM_UNREACHABLE();
	}
	cml_pump(ev->log);
}

static void pump_all(struct cmn *cmn, bool is_timer)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++) {
		if (!cmn->log[i])
			continue;
		if (is_timer)
			cml_timer(cmn->log[i]);
		cml_pump(cmn->log[i]);
	}
}

static void step(struct cmn *cmn, const struct cmn_event *ev)
{
	switch (ev->type) {
	case CMN_EV_VIEW:
		cmn_view(cmn, ev);
		pump_all(cmn, false);
		break;
	case CMN_EV_MSG:
		msg_deliver(cmn, ev);
		pump_all(cmn, false);
		cmn_hello_update(cmn); /* an own JOIN may have made orphans members */
		break;
	case CMN_EV_DEAD:
		dead(cmn, ev->nodeid, ev->result);
		pump_all(cmn, false);
		break;
	case CMN_EV_ORPHANS:
		cmn->orphan_count = ev->id;
		cmn_hello_update(cmn);
		break;
	case CMN_EV_TIMER:
		pump_all(cmn, true);
		break;
	default:
		log_event(cmn, ev);
	}
}

static void step_begin(struct cmn *cmn, uint64_t now_ms, cmn_emit_fn *emit, void *host)
{
	CM_ASSERT(!cmn->is_stepping);
	cmn->is_stepping = true;
	cmn->now_ms = now_ms;
	cmn->emit = emit;
	cmn->host = host;
}

void cmn_step(struct cmn *cmn, const struct cmn_event *ev, cmn_emit_fn *emit, void *host)
{
	step_begin(cmn, ev->now_ms, emit, host);
	step(cmn, ev);
	cmn->is_stepping = false;
}

void cmn_instance_del(struct cmn *cmn, struct cml *log, uint64_t luid, uint64_t now_ms,
		      cmn_emit_fn *emit, void *host)
{
	struct kabi_req req = { .luid = luid, .type = KABI_DTR };

	step_begin(cmn, now_ms, emit, host);
	cml_req(log, &req);
	cml_pump(log);
	cmn->is_stepping = false;
}

uint64_t cmn_deadline_ms(const struct cmn *cmn)
{
	uint64_t due, min = UINT64_MAX;
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++) {
		if (!cmn->log[i])
			continue;
		due = cml_deadline_ms(cmn->log[i]);
		if (due < min)
			min = due;
	}
	return min;
}
