/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_klog.c - the kernel's `userspace` dirty log: dm-log-userspace-base.c and -transfer.c of 6.1.
 *
 * Waiters lie in the node, not on a thread's stack, so that a late reply finds nothing worse than
 * a free place.
 */
#include "test/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_US	(15 * US_S)
#define GROUP_MAX	32u

static const uint8_t reply_bytes[KABI_IS_REMOTE_RECOVERING + 1] = {
	[KABI_IN_SYNC] = 8, [KABI_GET_RESYNC_WORK] = 16, [KABI_GET_SYNC_COUNT] = 8,
	[KABI_IS_REMOTE_RECOVERING] = 16, [KABI_GET_REGION_SIZE] = 8,
};

/* ---- transfer ---- */

struct req_box {
	struct kabi_req req;
};

static void request_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct req_box *box = ev->p;

	if (nd->has_daemon && nd->daemon_gen == ev->gen)
		sim_host_request(nd, &box->req);
	free(box);
}

static void request_send(struct sim_node *nd, const struct kabi_req *req)
{
	struct req_box *box = malloc(sizeof(*box));
	struct sim_ev *ev;

	if (sim_rare(nd->s, 200)) {	/* the daemon's receive buffer was full */
		sim_mark(nd->s, MARK_lost_requests);
		sim_trace(nd->s, nd, "seq %u is LOST", req->seq);
		free(box);
		return;
	}
	CM_ASSERT(box);
	box->req = *req;
	ev = sim_after(nd->s, sim_between(nd->s, 5, 100), request_ev);
	sim_chan(ev, CHAN_REQUEST, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
	ev->p = box;
	ev->p_bytes = sizeof(*box);
}

static struct sim_waiter *waiter_new(struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < SIM_WAITERS && nd->waiter[i].is_used; i++)
		;
	CM_ASSERT(i < SIM_WAITERS);
	memset(&nd->waiter[i], 0, sizeof(nd->waiter[i]));
	nd->waiter[i].is_used = true;
	return &nd->waiter[i];
}

/* dm_consult_userspace(): uninterruptible, tries for ever. */
int sim_rpc(struct sim_th *th, struct sim_mirror *m, struct kabi_req *req, struct kabi_reply *reply)
{
	struct sim_node *nd = m->nd;
	struct sim *s = nd->s;
	struct sim_waiter *w = waiter_new(nd);
	int r;

	w->th = th;
	w->since_us = s->now_us;
again:
	w->is_done = false;
	w->req = *req;
	w->seq = w->req.seq = nd->kseq++;
	/*
	 * No listener, or its receive buffer is full. A RESUME that meets none would, in a replay,
	 * make the kernel write one leg without a mark, whatever the daemon does: not played here,
	 * cmirrord's holder listens (doc/design.md).
	 */
	if (req->type != KABI_RESUME && (req->type != KABI_DTR || !nd->has_daemon) &&
	    (!nd->has_daemon || (!s->is_closing && sim_chance(s, 5000)))) {
		w->is_used = false;
		return -ESRCH;
	}
	sim_trace(s, nd, "kernel: %s region %lld (%u) seq %u", kabi_type_name(req->type),
		  req->region_count ? (long long)req->region_nr[0] : -1ll, req->region_count,
		  w->seq);
	request_send(nd, &w->req);
	sim_th_alarm(th, TIMEOUT_US);
	while (!w->is_done && !sim_th_is_late(th))
		sim_th_block(th);
	sim_th_alarm_off(th);
	if (!w->is_done) {
		sim_mark(s, MARK_kernel_retries);
		goto again;
	}
	if (w->reply.error == -EAGAIN)
		goto again;
	if (reply) {
		*reply = w->reply;
		reply->seq = 0;
	}
	r = w->reply.error;
	w->is_used = false;
	return r;
}

static uint64_t word(const struct kabi_reply *reply, uint32_t i)
{
	uint64_t v;

	memcpy(&v, reply->data + 8 * i, 8);
	return v;
}

static bool reply_is_old(struct sim_node *nd, const struct kabi_reply *reply)
{
	uint32_t i;

	for (i = 0; i < SIM_WAITERS; i++)
		if (nd->waiter[i].is_used && nd->waiter[i].seq == reply->seq)
			return nd->waiter[i].is_done;
	return true;
}

/* cn_ulog_callback(): by seq alone. */
void sim_klog_reply(struct sim_node *nd, const struct kabi_reply *reply)
{
	struct sim *s = nd->s;
	uint32_t i, type;

	if (reply_is_old(nd, reply)) {
		check_reply(nd, NULL, reply);
		return;
	}
	for (i = 0; nd->waiter[i].seq != reply->seq || !nd->waiter[i].is_used; i++)
		;
	check_reply(nd, &nd->waiter[i].req, reply);
	if (s->failed)
		return;
	sim_trace(s, nd, "kernel: reply to %s seq %u: %d (%lld, %lld)",
		  kabi_type_name(nd->waiter[i].req.type), reply->seq, reply->error,
		  reply->data_bytes ? (long long)word(reply, 0) : 0,
		  reply->data_bytes > 8 ? (long long)word(reply, 1) : 0);
	type = nd->waiter[i].req.type;
	if (!reply->error && reply->data_bytes != reply_bytes[type])
		sim_fail(s, "kernel", "node %u: reply to %s has %u bytes of payload", nd->nr + 1,
			 kabi_type_name(nd->waiter[i].req.type), reply->data_bytes);
	nd->waiter[i].reply = *reply;
	nd->waiter[i].is_done = true;
	sim_th_kick(nd->waiter[i].th);
}

void sim_klog_fill(const struct sim_mirror *m, struct kabi_req *req, uint32_t type)
{
	memset(req, 0, sizeof(*req));
	req->luid = m->luid;
	memcpy(req->uuid, SIM_UUID, sizeof(SIM_UUID));
	req->version = 3;
	req->type = type;
	if (type == KABI_CTR)
		snprintf(req->args, sizeof(req->args), "%s%s", m->nd->s->ctr,
			 m->says_nosync ? " nosync" : "");
}

/* userspace_do_request(): a lost daemon is waited for, and told CTR and RESUME again. */
int sim_rpc_safe(struct sim_th *th, struct sim_mirror *m, struct kabi_req *req,
		 struct kabi_reply *reply)
{
	struct kabi_req again;
	int r;

	for (;;) {
		r = sim_rpc(th, m, req, reply);
		if (r != -ESRCH)
			return r;
		do {
			sim_th_sleep(th, 2 * US_S);
			sim_klog_fill(m, &again, KABI_CTR);
			r = sim_rpc(th, m, &again, NULL);
		} while (r);
		sim_mark(m->nd->s, MARK_esrch_replays);
		sim_klog_fill(m, &again, KABI_RESUME);
		r = sim_rpc(th, m, &again, NULL);
		if (r)
			return -ESRCH;
	}
}

/* ---- the log type's functions ---- */

static int ask_region(struct sim_th *th, struct sim_mirror *m, uint32_t type, uint64_t region,
		      struct kabi_reply *reply)
{
	struct kabi_req req;

	sim_klog_fill(m, &req, type);
	req.region_count = 1;
	req.region_nr[0] = region;
	return sim_rpc_safe(th, m, &req, reply);
}

int sim_log_in_sync(struct sim_th *th, struct sim_mirror *m, uint64_t region)
{
	struct sim *s = m->nd->s;
	struct kabi_reply reply;

	if (m->km.is_on)
		return sim_km_in_sync(m, region);
	if (ask_region(th, m, KABI_IN_SYNC, region, &reply))
		return 0;
	if (!word(&reply, 0))
		sim_mark(s, MARK_in_sync_zero);
	if (word(&reply, 0) > 1)
		sim_fail(s, "kernel", "IN_SYNC answers %llu", (unsigned long long)word(&reply, 0));
	if (sim_mutant(s, MUT_IN_SYNC_ZERO, 50))
		return 0;
	return (int)word(&reply, 0);
}

int sim_log_is_remote(struct sim_th *th, struct sim_mirror *m, uint64_t region)
{
	struct sim_node *nd = m->nd;
	struct sim *s = nd->s;
	struct kabi_reply reply;

	if (m->km.is_on)
		return sim_km_is_remote(m, region);
	if (region < m->in_sync_hint)
		return 0;
	if (nd->limit_us > s->now_us)
		return 1;
	nd->limit_us = s->now_us + 250 * US_MS;
	if (ask_region(th, m, KABI_IS_REMOTE_RECOVERING, region, &reply))
		return 1;
	m->in_sync_hint = word(&reply, 1);
	if (word(&reply, 0))
		sim_mark(s, MARK_remote_recovering);
	if (word(&reply, 0) && s->opts.mutant == MUT_NOT_REMOTE) {
		m->in_sync_hint = m->nd->s->region_count;
		s->mutant_count++;
		return 0;
	}
	return (int)word(&reply, 0);
}

/* For the mutant: what another kernel is copying at this moment. */
static int others_work(const struct sim_mirror *m, uint64_t *region)
{
	const struct sim *s = m->nd->s;
	uint32_t i, r;

	for (i = 0; i < s->node_count; i++) {
		for (r = 0; i != m->nd->nr && r < s->region_count; r++) {
			if (s->node[i].mirror[0].rh[r].state != RH_RECOVERING)
				continue;
			*region = r;
			return 1;
		}
	}
	return 0;
}

int sim_log_get_work(struct sim_th *th, struct sim_mirror *m, uint64_t *region)
{
	struct kabi_req req;
	struct kabi_reply reply;
	int r;

	if (m->km.is_on)
		return sim_km_get_work(m, region);
	if (m->in_sync_hint >= m->nd->s->region_count)
		return 0;
	sim_klog_fill(m, &req, KABI_GET_RESYNC_WORK);
	r = sim_rpc_safe(th, m, &req, &reply);
	if (r)
		return r;
	*region = word(&reply, 1);
	if (sim_mutant(m->nd->s, MUT_SAME_WORK, 2))
		return others_work(m, region);
	return (int)word(&reply, 0);
}

void sim_log_set_sync(struct sim_th *th, struct sim_mirror *m, uint64_t region, bool in_sync)
{
	struct kabi_req req;

	if (m->km.is_on) {
		sim_km_set_sync(m, region, in_sync);
		return;
	}
	sim_klog_fill(m, &req, KABI_SET_REGION_SYNC);
	req.region_count = 1;
	req.region_nr[0] = region;
	req.in_sync = in_sync;
	(void)sim_rpc_safe(th, m, &req, NULL);
}

uint64_t sim_log_sync_count(struct sim_th *th, struct sim_mirror *m)
{
	struct kabi_req req;
	struct kabi_reply reply;

	if (m->km.is_on)
		return sim_km_sync_count(m);
	sim_klog_fill(m, &req, KABI_GET_SYNC_COUNT);
	if (sim_rpc_safe(th, m, &req, &reply))
		return 0;
	if (word(&reply, 0) >= m->nd->s->region_count)
		m->in_sync_hint = m->nd->s->region_count;
	return word(&reply, 0);
}

/* ---- flush ---- */

/* The kernel's lists are last in, first out. Entries are taken off before the first message. */
static int flush_group(struct sim_th *th, struct sim_mirror *m, uint32_t type, const uint64_t *list,
		       uint32_t count)
{
	struct kabi_req req;
	uint32_t i, n;
	int r = 0;

	while (count && !r) {
		n = count < GROUP_MAX ? count : GROUP_MAX;
		sim_klog_fill(m, &req, type);
		req.region_count = n;
		for (i = 0; i < n; i++)
			req.region_nr[i] = list[--count];
		r = sim_rpc_safe(th, m, &req, NULL);
	}
	return r;
}

static int flush_empty(struct sim_th *th, struct sim_mirror *m)
{
	struct kabi_req req;

	sim_klog_fill(m, &req, KABI_FLUSH);
	return sim_rpc_safe(th, m, &req, NULL);
}

int sim_log_flush(struct sim_th *th, struct sim_mirror *m)
{
	struct sim *s = m->nd->s;
	uint64_t mark[SIM_REGIONS_MAX * 4], clear[SIM_REGIONS_MAX * 4];
	uint32_t marks = m->mark_count, clears = m->clear_count;
	int r;

	if (m->km.is_on)
		return sim_km_flush(th, m);
	memcpy(mark, m->mark, sizeof(mark[0]) * marks);
	memcpy(clear, m->clear, sizeof(clear[0]) * clears);
	m->mark_count = m->clear_count = 0;
	if (!marks && !clears)
		return 0;
	if (clears)
		sim_mark(s, MARK_clears);
	r = flush_group(th, m, KABI_CLEAR_REGION, clear, clears);
	if (r)
		return r;
	if (!m->is_integrated) {
		if (marks)
			sim_mark(s, MARK_mark_requests);
		r = flush_group(th, m, KABI_MARK_REGION, mark, marks);
		return r ? r : flush_empty(th, m);
	}
	if (marks)
		sim_mark(s, MARK_flush_payloads);
	r = flush_group(th, m, KABI_FLUSH, mark, marks);
	if (r)
		return r;
	if (!marks && !m->flush_queued) {
		m->flush_queued = true;
		m->flush_at_us = s->now_us + 3 * US_S;
		sim_th_kick_at(m->dmlogd, m->flush_at_us);
	} else {
		m->flush_queued = false;
	}
	return 0;
}

/* dmlogd: the flush that was put off. */
void sim_log_dmlogd(struct sim_th *th, void *arg)
{
	struct sim_mirror *m = arg;

	while (!m->is_dying) {
		if (!m->flush_queued || m->nd->s->now_us < m->flush_at_us) {
			sim_th_block(th);
			continue;
		}
		m->flush_queued = false;
		m->flush_running = true;
		(void)flush_empty(th, m);
		m->flush_running = false;
	}
	m->dmlogd = NULL;
}
