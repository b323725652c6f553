/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_small_hash.c - when are two states of a small world the same? When the same can happen in
 * both: what all parts hold, without what only tells how it came to that (counters, places in
 * tables, times gone by). A difference too much costs time, one too few a path not taken.
 */
#include "test/sim/sim.h"

#include <string.h>

#include "base/hash.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	return cm_digest64(h, &v, sizeof(v));
}

#define mix_bytes cm_digest64
#define MIX(h, v) mix_bytes(h, &(v), sizeof(v))

static uint64_t mix_at(uint64_t h, const struct sim *s, uint64_t at_us)
{
	return mix(h, at_us == UINT64_MAX ? at_us : at_us > s->now_us ? at_us - s->now_us : 0);
}

/* ---- a node ---- */

static uint64_t of_entries(const struct sim_node *nd, uint64_t h)
{
	uint32_t i;

	for (i = 0; i < nd->q_count; i++) {
		const struct sim_entry *e = nd->queue[(nd->q_head + i) % SIM_QUEUE];

		h = mix(h, e->sender);
		h = mix(h, (uint64_t)e->members << 2 | (uint64_t)e->is_quorate << 1 | e->is_flash);
		h = mix(h, e->delivered);
		h = mix_bytes(h, e->buf, e->len_bytes);
	}
	return h;
}

static uint64_t of_waiters(const struct sim_node *nd, uint64_t h)
{
	uint32_t i;

	for (i = 0; i < SIM_WAITERS; i++) {
		const struct sim_waiter *w = &nd->waiter[i];

		if (!w->is_used)
			continue;
		h = mix(h, w->is_done);
		h = mix(h, nd->kseq - w->seq);
		h = mix(h, w->req.type);
		h = mix(h, w->req.luid);
		h = mix_bytes(h, w->req.region_nr,
			      w->req.region_count * sizeof(w->req.region_nr[0]));
		if (w->is_done) {
			h = mix(h, (uint64_t)w->reply.error);
			h = mix_bytes(h, w->reply.data, w->reply.data_bytes);
		}
	}
	return h;
}

static uint64_t of_mirror(const struct sim_mirror *m, uint64_t h)
{
	struct sim_mirror copy;

	if (!m->is_used)
		return mix(h, 0);
	copy = *m;
	copy.nd = NULL;
	copy.kmirrord = copy.dmlogd = copy.km.waiter = NULL;
	copy.gen = 0;
	memset(copy.nosync_since_us, 0, sizeof(copy.nosync_since_us));
	memset(copy.mark + m->mark_count, 0, sizeof(copy.mark) - m->mark_count * 8);
	memset(copy.clear + m->clear_count, 0, sizeof(copy.clear) - m->clear_count * 8);
	return MIX(h, copy);
}

static uint64_t of_kernel(const struct sim_node *nd, uint64_t h)
{
	uint32_t i;

	h = of_waiters(nd, h);
	h = mix_at(h, nd->s, nd->limit_us);
	for (i = 0; i < 2; i++)
		h = of_mirror(&nd->mirror[i], h);
	h = mix(h, (uint64_t)nd->live * 2 + nd->is_suspended);
	h = mix_bytes(h, nd->deferred.v, nd->deferred.n);
	for (i = 0; i < SIM_BIOS; i++)
		if (nd->bio[i].is_used)
			h = mix(MIX(h, nd->bio[i]), i);
	for (i = 0; i < SIM_THREADS; i++)
		h = mix(h, nd->th[i] ? sim_th_hash(nd->th[i]) : 0);
	return h;
}

static uint64_t of_node(const struct sim_node *nd, uint64_t h)
{
	uint32_t i;

	h = mix(h, (uint64_t)nd->is_up << 6 | (uint64_t)nd->is_fenced << 5 |
		   (uint64_t)nd->has_daemon << 4 | (uint64_t)nd->is_quorate << 3 |
		   (uint64_t)nd->is_settled << 2 | (uint64_t)nd->has_node_lock << 1 |
		   (uint64_t)nd->wants_active);
	h = mix(h, nd->boot);
	h = mix(h, (uint64_t)nd->ring << 32 | nd->group << 16 | nd->view_members << 8 | nd->side);
	h = mix(h, (uint64_t)nd->is_ctl_busy << 1 | nd->app_runs);
	h = mix_at(mix_at(h, nd->s, nd->retry_at_us), nd->s, nd->leg_fails_until_us);
	h = mix_at(h, nd->s, nd->is_up ? 0 : nd->boot_at_us);
	h = mix_at(h, nd->s, nd->has_daemon ? 0 : nd->daemon_at_us);
	h = of_entries(nd, h);
	h = sim_net_hash(nd, h);
	h = of_kernel(nd, h);
	if (nd->has_daemon) {
		h = mix(h, cmn_digest(nd->cmn));
		h = mix_at(h, nd->s, nd->timer_at_us);
		h = mix(h, nd->orphans);
	}
	for (i = 0; i < SIM_APPS; i++)
		h = mix(h, (uint64_t)nd->app[i].op << 32 | nd->app[i].block);
	return h;
}

/* ---- what all share ---- */

uint64_t sim_small_page_hash(const struct sim *s, uint64_t off)
{
	return s->small ? mix_bytes(off, s->dev[off / DISK_PAGE_BYTES], DISK_PAGE_BYTES) : 0;
}

/* What is asked of the disk, not in which place it stands; all of them: a sum. */
static uint64_t of_dio(const struct sim_dio *d)
{
	uint64_t h = mix(1, (uint64_t)d->off << 8 | (uint64_t)d->node << 3 |
			    (uint64_t)d->is_write << 2 | (uint64_t)d->is_landed << 1 |
			    d->is_kernel);

	h = mix(h, (uint64_t)d->result);
	return d->is_write ? mix_bytes(h, d->data, DISK_PAGE_BYTES) : h;
}

static uint64_t of_disk(const struct sim *s, uint64_t h)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < SIM_DIOS; i++)
		if (s->dio[i].is_used)
			sum += of_dio(&s->dio[i]);
	return mix(mix(h, s->dev_sum), sum);
}

/* What is asked of a leg. */
static uint64_t of_legw(const struct sim_legw *w)
{
	uint64_t h = mix(1, (uint64_t)w->node << 40 | (uint64_t)w->leg << 36 |
			    (uint64_t)w->is_copy << 34 | (uint64_t)w->is_landed << 33 |
			    (uint64_t)w->is_error << 32 | w->block << 8 | w->bio);

	return mix(h, w->ver);
}

static uint64_t of_legs(const struct sim *s, uint64_t h)
{
	uint64_t sum = 0;
	uint32_t i, b;

	for (i = 0; i < SIM_LEGS; i++)
		for (b = 0; b < s->block_count; b++) {
			h = mix(h, s->leg[i].cur[b]);
			h = mix(h, s->leg[i].dur[b]);
			h = mix(h, s->leg[i].cur_n[b] - s->leg[i].dur_n[b]);
		}
	for (i = 0; i < SIM_LEGW; i++)
		if (s->legw[i].is_used)
			sum += of_legw(&s->legw[i]);
	for (b = 0; b < s->block_count; b++)
		h = MIX(h, s->block[b]);
	return mix(h, sum);
}

static uint64_t of_locks(const struct sim *s, uint64_t h)
{
	uint32_t k, i;

	for (k = 0; k <= SIM_NODES; k++) {
		h = mix(h, (uint64_t)s->lock[k].owner << 8 | s->lock[k].kind);
		for (i = 0; i < s->node_count; i++)
			h = mix(h, s->lock[k].want[i].daemon_gen == s->node[i].daemon_gen
				   ? s->lock[k].want[i].kind : 0);
	}
	return h;
}

/* Sequence numbers count from the newest. */
static uint64_t of_box(const struct sim_node *nd, const struct sim_ev *ev, uint64_t h)
{
	uint32_t chan = ev->chan >> 24;
	struct kabi_reply reply;
	struct kabi_req req;

	if (chan == CHAN_REQUEST) {
		CM_ASSERT(ev->p_bytes == sizeof(req));
		memcpy(&req, ev->p, sizeof(req));
		req.seq = nd->kseq - req.seq;
		return MIX(h, req);
	}
	if (chan == CHAN_REPLY) {
		CM_ASSERT(ev->p_bytes == sizeof(reply));
		memcpy(&reply, ev->p, sizeof(reply));
		reply.seq = nd->kseq - reply.seq;
		return MIX(h, reply);
	}
	return mix_bytes(h, ev->p, ev->p_bytes);
}

/* A sum: in which order they were made does not matter, but within a channel. */
static uint64_t of_events(const struct sim *s)
{
	uint64_t sum = 0, h;
	uint32_t i, k, rank;

	for (i = 0; i < s->heap_count; i++) {
		const struct sim_ev *ev = &s->heap[i];

		if (ev->chan >> 24 == CHAN_TIMER)
			continue;	/* the node's timer_at_us */
		for (rank = k = 0; ev->chan && k < s->heap_count; k++)
			rank += s->heap[k].chan == ev->chan && s->heap[k].order < ev->order;
		h = mix_at(mix(rank, (uintptr_t)ev->fn), s, ev->at_us);
		if (sim_small_is_stale(s, ev))
			continue;
		if (ev->chan >> 24 == CHAN_DISK)
			h = mix(h, of_dio(&s->dio[ev->a]));
		else if (ev->chan >> 24 == CHAN_LEG)
			h = mix(h, of_legw(&s->legw[ev->a]));
		else
			h = mix(mix(mix(mix(h, ev->node), ev->chan), ev->a), ev->b);
		if (ev->p_bytes)
			h = of_box(&s->node[ev->node], ev, h);
		sum += mix(h, 1);
	}
	return sum;
}

uint64_t sim_small_hash(const struct sim *s)
{
	uint64_t h = 1;
	uint32_t i;

	for (i = 0; i < s->node_count; i++)
		h = of_node(&s->node[i], h);
	h = of_disk(s, h);
	h = of_legs(s, h);
	h = of_locks(s, h);
	h = mix(h, s->is_partitioned);
	return mix(h, of_events(s));
}
