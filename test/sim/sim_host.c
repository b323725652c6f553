/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_host.c - what cmirrord does around the core: requests in, effects out.
 */
#include "test/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void timer_arm(struct sim_node *nd);

/* ---- effects ---- */

struct reply_box {
	struct kabi_reply reply;
};

static void reply_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct reply_box *box = ev->p;

	if (nd->is_up && nd->boot == ev->gen)
		sim_klog_reply(nd, &box->reply);
	free(box);
}

static void reply_soon(struct sim_node *nd, const struct kabi_reply *reply)
{
	struct reply_box *box = malloc(sizeof(*box));
	uint64_t delay_us = sim_between(nd->s, 5, 100);
	struct sim_ev *ev;

	CM_ASSERT(box);
	box->reply = *reply;
	if (sim_rare(nd->s, 200)) {	/* later than the kernel asks again */
		sim_mark(nd->s, MARK_late_replies);
		sim_trace(nd->s, nd, "the reply to seq %u is LATE", reply->seq);
		delay_us += 15 * US_S;
	}
	ev = sim_after(nd->s, delay_us, reply_ev);
	sim_chan(ev, CHAN_REPLY, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->boot;
	ev->p = box;
	ev->p_bytes = sizeof(*box);
}

static struct sim_mirror *kmod_mirror(struct sim_node *nd, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (nd->mirror[i].is_used && nd->mirror[i].km.is_on && nd->mirror[i].luid == luid)
			return &nd->mirror[i];
	return NULL;
}

/* START and STOP_DONE; then look what else it wants. */
static bool fx_reply_kmod(struct sim_node *nd, const struct kabi_reply *reply)
{
	struct sim_mirror *m = kmod_mirror(nd, reply->luid);

	if (!m)
		return false;
	if (reply->type == KABI_RESUME)
		sim_km_start(nd, reply->luid, reply->error);
	else if (reply->type == KABI_POSTSUSPEND)
		sim_km_stop_done(nd, reply->luid);
	sim_km_news(m);
	return true;
}

/* Through the codec, as production has it. */
static void fx_reply(struct sim_node *nd, const struct kabi_reply *reply)
{
	uint8_t buf[KABI_REPLY_MAX];
	struct kabi_reply back;
	size_t len_bytes = kabi_reply_encode(reply, buf);
	int r = kabi_reply_decode(buf, len_bytes, &back);

	if (r)
		sim_fail(nd->s, "format", "a reply does not decode: %s", cm_strerror(r));
	if (!nd->nr && reply->type == KABI_IN_SYNC && nd->s->now_us > 8 * US_S &&
	    sim_mutant(nd->s, MUT_NO_REPLY, 1))
		return;
	if (reply->seq + 1ull == nd->answered_seq)
		return;			/* the mutant was faster */
	back.type = reply->type;
	back.luid = reply->luid;
	reply_soon(nd, &back);
	if (sim_mutant(nd->s, MUT_TWO_REPLIES, 200))
		reply_soon(nd, &back);
}

static void flushed(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct cmn_event out = { .type = CMN_EV_LEGS_FLUSHED, .log = nd->log, .id = ev->a };

	if (nd->has_daemon && nd->daemon_gen == ev->gen && nd->log && nd->log_gen == ev->b) {
		sim_trace(s, nd, "legs are flushed (%llu)", (unsigned long long)ev->a);
		sim_host_event(nd, &out);
	}
}

static void flush_failed(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct cmn_event out = { .type = CMN_EV_LEGS_FLUSHED, .log = nd->log, .id = ev->a,
				 .result = -EIO };

	if (nd->has_daemon && nd->daemon_gen == ev->gen && nd->log && nd->log_gen == ev->b) {
		sim_mark(s, MARK_failed_flushes);
		sim_trace(s, nd, "legs are NOT flushed (%llu)", (unsigned long long)ev->a);
		sim_host_event(nd, &out);
	}
}

static void flush_legs(struct sim_node *nd, uint64_t id)
{
	struct sim_ev *ev;

	sim_trace(nd->s, nd, "flushes the legs (%llu)", (unsigned long long)id);
	if (!sim_rare(nd->s, 8)) {
		sim_legs_flush_start(nd, nd->daemon_gen, id, nd->log_gen, flushed);
		return;
	}
	ev = sim_after(nd->s, sim_between(nd->s, 1, 3000) * US_MS, flush_failed);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
	ev->a = id;
	ev->b = nd->log_gen;
}

static void self_fence_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];

	if (nd->is_up && nd->boot == ev->gen)
		sim_node_crash(nd, "it fences itself");
}

static void kill_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];

	if (nd->is_up && nd->boot == ev->gen)
		sim_node_crash(nd, "the coordinator had it killed");
}

static void kill_soon(struct sim *s, uint32_t nr, void (*fn)(struct sim *, const struct sim_ev *))
{
	struct sim_ev *ev = sim_after(s, 1000, fn);

	ev->node = nr;
	ev->gen = s->node[nr].boot;
}

static const char *msg_details(const struct wire_msg *msg, char *text, size_t size)
{
	uint64_t bits = 0;

	if (msg->blob_bytes)
		memcpy(&bits, msg->blob, msg->blob_bytes < 8 ? msg->blob_bytes : 8);
	if (msg->type == WIRE_PROPOSE)
		snprintf(text, size, " of %llu to %llu", (unsigned long long)msg->u.propose.lo,
			 (unsigned long long)msg->u.propose.hi);
	else if (msg->type == WIRE_VOID)
		snprintf(text, size, " of %llu", (unsigned long long)msg->u.void_.region_nr);
	else
		snprintf(text, size, " bits 0x%llx", (unsigned long long)bits);
	return text;
}

static void fx_send(struct sim_node *nd, const struct cmn_effect *fx)
{
	struct wire_msg msg;
	char details[128];
	int r = wire_decode(fx->buf, fx->len_bytes, &msg);

	if (r) {
		sim_fail(nd->s, "format", "a message does not decode: %s", cm_strerror(r));
		return;
	}
	sim_trace(nd->s, nd, "sends %s seq %llu%s", wire_type_name(msg.type),
		  (unsigned long long)msg.seq, msg_details(&msg, details, sizeof(details)));
	sim_net_send(nd, fx->buf, fx->len_bytes);
}

static const char level_name[] = { 'E', 'W', 'I', 'D' };

static const char *const push_name[] = {
	[KMOD_PUSH_OOS] = "OOS", [KMOD_PUSH_MARKS] = "MARKS", [KMOD_PUSH_MODE] = "MODE",
	[KMOD_PUSH_FREEZE] = "FREEZE", [KMOD_PUSH_THAW] = "THAW",
	[KMOD_PUSH_REGION_OUT] = "REGION_OUT", [KMOD_PUSH_CLAIM] = "CLAIM",
	[KMOD_PUSH_CLAIM_CUT] = "CLAIM_CUT", [KMOD_PUSH_CLAIM_END] = "CLAIM_END",
	[KMOD_PUSH_FAILED_DONE] = "FAILED_DONE",
};

static void emit(void *host, const struct cmn_effect *fx)
{
	struct sim_node *nd = host;
	struct sim *s = nd->s;

	CM_ASSERT(nd->is_stepping);
	switch (fx->type) {
	case CMN_FX_REPLY:
		if (!fx_reply_kmod(nd, fx->reply))
			fx_reply(nd, fx->reply);
		break;
	case CMN_FX_KMOD:
		sim_trace(s, nd, "tells the module %s", push_name[fx->push->type]);
		sim_km_push(nd, fx->push);
		break;
	case CMN_FX_SEND:
		fx_send(nd, fx);
		break;
	case CMN_FX_DISK_READ:
	case CMN_FX_DISK_WRITE:
		sim_disk_submit(nd, fx);
		break;
	case CMN_FX_OWN:
		sim_locks_ask(nd, SIM_NODES, WANT_OWN);
		break;
	case CMN_FX_DISOWN:
		sim_locks_drop(nd, SIM_NODES, WANT_OWN);
		break;
	case CMN_FX_PROVE_DEAD:
		sim_trace(s, nd, "asks for proof that node %u is dead", fx->nodeid);
		sim_locks_ask(nd, fx->nodeid - 1, WANT_PROOF);
		break;
	case CMN_FX_PROOF_RELEASE:
		sim_trace(s, nd, "gives back the lock of node %u", fx->nodeid);
		sim_locks_drop(nd, fx->nodeid - 1, WANT_PROOF);
		break;
	case CMN_FX_FLUSH_LEGS:
		flush_legs(nd, fx->id);
		break;
	case CMN_FX_WAKE_KERNEL:
		sim_host_wake(nd);
		break;
	case CMN_FX_KILL_NODE:
		sim_mark(s, MARK_kills);
		kill_soon(s, fx->nodeid - 1, kill_ev);
		break;
	case CMN_FX_SELF_FENCE:
		sim_mark(s, MARK_self_fences);
		sim_trace(s, nd, "SELF FENCE: %s", fx->text);
		if (!sim_mutant(s, MUT_NO_SELF_FENCE, 1))
			kill_soon(s, nd->nr, self_fence_ev);
		break;
	case CMN_FX_JOURNAL:
		sim_trace(s, nd, "%c %s", level_name[fx->level], fx->text);
		break;
	}
}

/* ---- events ---- */

void sim_host_event(struct sim_node *nd, struct cmn_event *ev)
{
	if (!nd->has_daemon)
		return;
	CM_ASSERT(!nd->is_stepping);
	nd->is_stepping = true;
	ev->now_ms = nd->s->now_us / US_MS;
	cmn_step(nd->cmn, ev, emit, nd);
	nd->is_stepping = false;
	timer_arm(nd);
}

static void timer_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct cmn_event out = { .type = CMN_EV_TIMER };

	if (!nd->has_daemon || nd->daemon_gen != ev->gen || nd->timer_gen != ev->a)
		return;
	nd->timer_at_us = UINT64_MAX;
	sim_host_event(nd, &out);
}

static void timer_arm(struct sim_node *nd)
{
	uint64_t due_ms = cmn_deadline_ms(nd->cmn), at_us;
	struct sim *s = nd->s;
	struct sim_ev *ev;

	sim_small_timer_drop(nd);
	if (due_ms == UINT64_MAX) {
		nd->timer_at_us = UINT64_MAX;
		nd->timer_gen++;
		return;
	}
	at_us = due_ms * US_MS;
	if (at_us < s->now_us + US_MS)	/* a loop never runs more than once in a millisecond */
		at_us = s->now_us + US_MS;
	if (nd->timer_at_us == at_us && !s->small)
		return;
	nd->timer_at_us = at_us;
	ev = sim_timer(s, at_us - s->now_us, timer_ev);
	sim_chan(ev, CHAN_TIMER, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
	ev->a = ++nd->timer_gen;
}

void sim_host_view(struct sim_node *nd)
{
	struct cmn_event ev = { .type = CMN_EV_VIEW };
	uint32_t member[SIM_NODES], n = 0, i;

	for (i = 0; i < nd->s->node_count; i++)
		if (nd->view_members >> i & 1)
			member[n++] = i + 1;
	ev.view.nr = nd->view_nr;
	ev.view.member = member;
	ev.view.member_count = n;
	ev.view.quorate = nd->is_quorate;
	ev.view.has_node_lock = nd->has_node_lock;
	ev.view.usable = nd->is_settled && nd->is_quorate && nd->has_node_lock;
	sim_trace(nd->s, nd, "view %llu: 0x%x%s%s%s", (unsigned long long)ev.view.nr,
		  nd->view_members, ev.view.quorate ? ", quorate" : "",
		  ev.view.has_node_lock ? ", locked" : "", ev.view.usable ? ", usable" : "");
	sim_host_event(nd, &ev);
}

static void count_message(struct sim *s, uint8_t type)
{
	static const uint8_t mark[WIRE_TYPE_END] = {
		[WIRE_HELLO] = MARK_msg_hello, [WIRE_JOIN] = MARK_msg_join,
		[WIRE_SLOT] = MARK_msg_slot, [WIRE_STATE] = MARK_msg_state,
		[WIRE_LEAVE] = MARK_msg_leave, [WIRE_PROPOSE] = MARK_msg_propose,
		[WIRE_ACK] = MARK_msg_ack, [WIRE_RELEASE] = MARK_msg_release,
		[WIRE_GIVEBACK] = MARK_msg_giveback, [WIRE_VOID] = MARK_msg_void,
		[WIRE_OOS_SET] = MARK_msg_oos_set, [WIRE_OOS_DURABLE] = MARK_msg_oos_durable,
		[WIRE_DISK_OOS] = MARK_msg_disk_oos, [WIRE_MERGE] = MARK_msg_merge,
		[WIRE_MERGED] = MARK_msg_merged, [WIRE_HANDOVER] = MARK_msg_handover,
	};

	sim_mark(s, mark[type] ? mark[type] : MARK_msg_other);
}

void sim_host_message(struct sim_node *nd, const struct sim_entry *e)
{
	struct sim *s = nd->s;
	struct cmn_event ev = { .type = CMN_EV_MSG, .nodeid = e->sender + 1, .buf = e->buf,
				.len_bytes = e->len_bytes };
	uint8_t copy[WIRE_MSG_MAX];
	struct wire_msg msg;

	if (wire_decode(e->buf, e->len_bytes, &msg))
		return;
	count_message(s, msg.type);
	if (msg.type == WIRE_ACK && msg.u.ack.is_busy)
		sim_mark(s, MARK_ack_busy);
	if (msg.type == WIRE_PROPOSE && msg.u.propose.patience_ms)
		sim_mark(s, MARK_propose_patient);
	sim_trace(s, nd, "gets %s seq %llu from %u", wire_type_name(msg.type),
		  (unsigned long long)msg.seq, msg.sender);
	if (msg.type == WIRE_MERGE && sim_mutant(s, MUT_DROP_MERGE, 2))
		return;
	if (msg.type == WIRE_OOS_SET && msg.blob_bytes && sim_mutant(s, MUT_FLIP_MSG, 2)) {
		memcpy(copy, e->buf, e->len_bytes);
		copy[e->len_bytes - msg.blob_bytes] ^= 1;
		ev.buf = copy;
	}
	sim_host_event(nd, &ev);
}

/* ---- waking an idle kernel: one small read, at most once a second ---- */

static void wake_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];

	if (!nd->is_up || nd->boot != ev->gen || nd->live < 0)
		return;
	sim_mark(s, MARK_wakes);
	sim_kern_map(nd, sim_bio_new(nd));	/* a read of block 0 that nobody waits for */
}

void sim_host_wake(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct sim_ev *ev;

	if (nd->wake_at_us > s->now_us)
		return;			/* one is on its way */
	nd->wake_at_us += US_S;
	if (nd->wake_at_us < s->now_us)
		nd->wake_at_us = s->now_us;
	nd->wake_at_us += sim_between(s, 1, 100) * US_MS;
	ev = sim_after(s, nd->wake_at_us - s->now_us, wake_ev);
	ev->node = nd->nr;
	ev->gen = nd->boot;
}

/* ---- requests of the kernel ---- */

static void answer(struct sim_node *nd, const struct kabi_req *req, int error)
{
	struct kabi_reply reply = { .luid = req->luid, .seq = req->seq, .type = req->type,
				    .error = error };

	reply_soon(nd, &reply);
}

static void log_open(struct sim_node *nd, const struct kabi_ctr *ctr)
{
	struct sim *s = nd->s;
	struct cml_config cfg = { .is_core = s->opts.is_core, .ctr = *ctr };
	struct cm_errmsg err = { "" };
	size_t len_bytes = (cml_persist_bytes(ctr->region_count) + 4095) & ~(size_t)4095;

	memcpy(cfg.uuid, SIM_UUID, sizeof(SIM_UUID));
	cfg.dev_bytes = s->opts.is_core ? 0 : SIM_DEV_BYTES;
	if (!nd->persist) {
		nd->persist = aligned_alloc(4096, len_bytes);
		CM_ASSERT(nd->persist);
		memset(nd->persist, 0, len_bytes);
		nd->persist_is_old = false;
	}
	nd->log_gen++;
	cfg.persist = nd->persist;
	cfg.persist_is_old = nd->persist_is_old;
	if (cml_create(&cfg, &nd->log, &err) || cmn_attach(nd->cmn, nd->log))
		sim_fail(s, "setup", "cannot create the log: %s", err.text);
}

/* Kernel instances that run and that this process has not heard of: from /run and the tables. */
void sim_host_orphans(struct sim_node *nd)
{
	struct cmn_event ev = { .type = CMN_EV_ORPHANS };
	uint32_t i;

	if (!nd->has_daemon)
		return;
	for (i = 0; i < 2; i++)
		ev.id += nd->mirror[i].is_used && nd->mirror[i].is_resumed &&
			 !(nd->log && cml_instance_known(nd->log, nd->mirror[i].luid));
	if (ev.id == nd->orphans)
		return;
	nd->orphans = ev.id;
	sim_trace(nd->s, nd, "%llu orphans", (unsigned long long)ev.id);
	sim_host_event(nd, &ev);
}

static void req_ctr(struct sim_node *nd, const struct kabi_req *req)
{
	struct kabi_ctr ctr;
	struct cm_errmsg err = { "" };

	if (kabi_ctr_parse(req->args, &ctr, &err)) {
		sim_fail(nd->s, "format", "CTR \"%s\": %s", req->args, err.text);
		return;
	}
	if (!nd->log)
		log_open(nd, &ctr);
	if (nd->s->failed)
		return;
	if (cml_instance_known(nd->log, req->luid))
		cml_instance_again(nd->log, req->luid);
	answer(nd, req, cml_instance_add(nd->log, req->luid, &ctr, &err));
	timer_arm(nd);
	sim_host_orphans(nd);
}

static void close_ev(struct sim *s, const struct sim_ev *ev);

static void close_later(struct sim_node *nd, uint64_t delay_us)
{
	struct sim_ev *ev = sim_after(nd->s, delay_us, close_ev);

	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
}

/* The last instance is gone: forget the log as soon as the core lets it go. */
static void close_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];

	if (!nd->has_daemon || nd->daemon_gen != ev->gen || !nd->log)
		return;
	if (!cml_is_idle(nd->log)) {
		if (s->is_closing)
			close_later(nd, 1000 * US_MS);
		return;
	}
	cmn_detach(nd->cmn, nd->log);
	cml_destroy(nd->log);
	nd->log = NULL;
	free(nd->persist);
	nd->persist = NULL;
	sim_trace(s, nd, "log closed");
}

static void instance_gone(struct sim_node *nd, const struct kabi_req *req)
{
	uint32_t i;

	nd->is_stepping = true;
	cmn_instance_del(nd->cmn, nd->log, req->luid, nd->s->now_us / US_MS, emit, nd);
	nd->is_stepping = false;
	timer_arm(nd);
	for (i = 0; i < 4; i++)
		close_later(nd, (uint64_t)i * i * 300 * US_MS);
}

static void req_dtr(struct sim_node *nd, const struct kabi_req *req)
{
	instance_gone(nd, req);
	answer(nd, req, 0);
}

static void legs_known_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct cmn_event out = { .type = CMN_EV_LEGS_KNOWN, .log = nd->log };

	if (nd->has_daemon && nd->daemon_gen == ev->gen && nd->log)
		sim_host_event(nd, &out);
}

static void legs_known_soon(struct sim_node *nd)
{
	struct sim_ev *ev = sim_after(nd->s, sim_rand(nd->s, 1500 * US_MS), legs_known_ev);

	sim_chan(ev, CHAN_CLVMD, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
}

/* ---- the module: what it says comes as a look ---- */

bool sim_host_kmod_ctr(struct sim_mirror *m)
{
	struct sim_node *nd = m->nd;
	struct cm_errmsg err = { "" };
	struct kabi_ctr ctr;
	int r = kabi_ctr_parse(nd->s->ctr, &ctr, &err);

	if (r)
		sim_fail(nd->s, "format", "CTR \"%s\": %s", nd->s->ctr, err.text);
	if (!nd->log)
		log_open(nd, &ctr);
	if (nd->s->failed || cml_instance_add_kmod(nd->log, m->luid, &ctr, &err))
		return false;
	legs_known_soon(nd);
	timer_arm(nd);
	sim_host_orphans(nd);
	return true;
}

void sim_host_kmod(struct sim_mirror *m)
{
	struct sim_node *nd = m->nd;
	struct cmn_event ev = { .type = CMN_EV_KMOD_MARKS, .log = nd->log };
	struct kmod_look look;

	if (!nd->log || !cml_instance_known(nd->log, m->luid))
		return;
	sim_km_look(m, &look);
	sim_trace(nd->s, nd, "module: state %u, asks 0x%x", look.state, look.ask);
	if (look.ask & CMIRROR_ASK_STOP) {
		ev.buf = (const uint8_t *)&m->km.marks;
		ev.len_bytes = (nd->s->region_count + 7) / 8;
		sim_host_event(nd, &ev);
	}
	ev.type = CMN_EV_KMOD;
	ev.look = &look;
	sim_host_event(nd, &ev);
}

void sim_host_kmod_gone(struct sim_mirror *m)
{
	struct kabi_req req = { .luid = m->luid, .type = KABI_DTR };

	if (m->nd->has_daemon && m->nd->log && cml_instance_known(m->nd->log, m->luid))
		instance_gone(m->nd, &req);
}

static bool answers_unknown(struct sim_node *nd, const struct kabi_req *req)
{
	if (nd->log && cml_instance_known(nd->log, req->luid))
		return false;
	/* RESUME too: in a replay, an error makes the kernel write one leg without a mark. */
	if (req->type == KABI_DTR || req->type == KABI_PRESUSPEND ||
	    req->type == KABI_POSTSUSPEND || req->type == KABI_RESUME)
		answer(nd, req, 0);
	else
		answer(nd, req, -ESRCH);
	return true;
}

static bool is_mark(const struct kabi_req *req)
{
	return req->type == KABI_MARK_REGION || (req->type == KABI_FLUSH && req->region_count);
}

/* For the mutant: a region of the request is in another kernel's hands. */
static bool is_copied_elsewhere(const struct sim_node *nd, const struct kabi_req *req)
{
	const struct sim *s = nd->s;
	uint32_t i, k;

	for (i = 0; i < s->node_count; i++)
		for (k = 0; i != nd->nr && k < req->region_count; k++)
			if (s->node[i].mirror[0].rh[req->region_nr[k]].is_copying)
				return true;
	return false;
}

void sim_host_request(struct sim_node *nd, const struct kabi_req *in)
{
	struct cmn_event ev = { .type = CMN_EV_KERNEL };
	uint8_t buf[KABI_DGRAM_MAX];
	struct kabi_req req;
	size_t len_bytes = kabi_req_encode(in, buf);
	int r = kabi_req_decode(buf, len_bytes, &req);

	if (r) {
		sim_fail(nd->s, "format", "%s does not decode: %s", kabi_type_name(in->type),
			 cm_strerror(r));
		return;
	}
	if (req.type == KABI_CTR) {
		req_ctr(nd, &req);
		return;
	}
	if (answers_unknown(nd, &req))
		return;
	if (req.type == KABI_DTR) {
		req_dtr(nd, &req);
		return;
	}
	if (is_mark(&req) && sim_mutant(nd->s, MUT_EARLY_REPLY, 20))
		answer(nd, &req, 0);
	if (nd->s->opts.mutant == MUT_NOT_REMOTE && is_mark(&req) &&
	    check_is_durable(nd, &req) && is_copied_elsewhere(nd, &req)) {
		answer(nd, &req, 0);	/* before VOID has come back */
		nd->answered_seq = req.seq + 1ull;
	}
	if (req.type == KABI_RESUME)
		legs_known_soon(nd);
	ev.log = nd->log;
	ev.req = &req;
	sim_host_event(nd, &ev);
}
