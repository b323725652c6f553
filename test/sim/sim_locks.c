/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_locks.c - the lock manager and fencing, as a provider of lib/cluster offers them.
 *
 * A lock is granted only to a daemon in a quorate ring, while every node outside that ring is
 * fenced. Node locks and `oos` outlive the daemon (a new one of the same boot adopts them) and fall
 * with the node: when it is fenced, or when it is back in the ring after a boot. Proofs fall with
 * the daemon.
 */
#include "test/sim/sim.h"

#include <errno.h>

#define ALARM 0x100u

static bool is_outside_quiet(const struct sim *s, uint32_t ring)
{
	uint32_t i;

	for (i = 0; i < s->node_count; i++)
		if (!(ring >> i & 1) && (s->node[i].is_up || !s->node[i].is_fenced))
			return false;
	return true;
}

static bool may_grant(const struct sim_node *nd)
{
	return nd->has_daemon && nd->ring && nd->view_nr && sim_net_is_quorate(nd->s, nd->ring) &&
	       is_outside_quiet(nd->s, nd->ring);
}

/* ---- completions ---- */

static void granted_self(struct sim_node *nd)
{
	nd->has_node_lock = true;
	sim_trace(nd->s, nd, "holds its node lock");
	if (nd->view_nr)
		sim_host_view(nd);
}

static void granted_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct cmn_event out = { 0 };

	if (!nd->has_daemon || nd->daemon_gen != ev->gen)
		return;
	if (ev->a == WANT_SELF) {
		granted_self(nd);
		return;
	}
	out.type = ev->a == WANT_PROOF ? CMN_EV_DEAD : CMN_EV_OWNED;
	if (ev->a == WANT_OWN) {
		out.log = nd->log;
		if (!out.log)
			return;
		check_one_owner(nd);
	} else {
		out.nodeid = (uint32_t)(ev->b & 0xff) + 1;
		out.result = ev->b >> 8 ? -EALREADY : 0;
		sim_mark(s, out.result ? MARK_proof_alarms : MARK_proofs);
	}
	sim_host_event(nd, &out);
}

static void complete(struct sim_node *nd, enum sim_want kind, uint32_t lock)
{
	struct sim_ev *ev = sim_after(nd->s, sim_between(nd->s, 100, 5000), granted_ev);

	sim_chan(ev, CHAN_GRANT, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
	ev->a = kind;
	ev->b = lock;
}

/* ---- grants ---- */

static bool wants(const struct sim_lock *l, const struct sim_node *nd)
{
	return l->want[nd->nr].kind != WANT_NONE && l->want[nd->nr].daemon_gen == nd->daemon_gen;
}

static bool is_free_for(const struct sim_lock *l, const struct sim_node *nd)
{
	return may_grant(nd) && (l->owner < 0 || (l->owner == (int)nd->nr &&
						  l->kind == l->want[nd->nr].kind));
}

static bool try_grant(struct sim *s, struct sim_lock *l, struct sim_node *nd)
{
	uint32_t nr = (uint32_t)(l - s->lock);
	enum sim_want kind = l->want[nd->nr].kind;

	if (!wants(l, nd))
		return false;
	if (kind == WANT_PROOF && sim_mutant(s, MUT_EARLY_PROOF, 1)) {
		complete(nd, kind, nr);
		l->want[nd->nr].kind = WANT_NONE;
		return false;
	}
	if (kind == WANT_OWN && l->owner >= 0 && l->owner != (int)nd->nr &&
	    sim_mutant(s, MUT_TWO_OWNERS, 1)) {
		complete(nd, kind, nr);
		l->want[nd->nr].kind = WANT_NONE;
		return false;
	}
	if (!is_free_for(l, nd))
		return false;
	l->want[nd->nr].kind = WANT_NONE;
	if (kind == WANT_PROOF && nd->view_members >> nr & 1) {
		/* The lock is free while its owner is in our view: an alarm, not a proof. */
		complete(nd, kind, nr | ALARM);
		return true;
	}
	l->owner = (int)nd->nr;
	l->owner_boot = nd->boot;
	l->owner_gen = nd->daemon_gen;
	l->kind = kind;
	complete(nd, kind, nr);
	return true;
}

void sim_locks_poll(struct sim *s)
{
	uint32_t k, i, first;

	for (k = 0; k <= SIM_NODES; k++) {
		first = (uint32_t)sim_rand(s, s->node_count);
		for (i = 0; i < s->node_count; i++)
			try_grant(s, &s->lock[k], &s->node[(first + i) % s->node_count]);
	}
}

bool sim_locks_can_wait(const struct sim *s)
{
	uint32_t k, i;

	for (k = 0; k <= SIM_NODES; k++)
		for (i = 0; i < s->node_count; i++)
			if (wants(&s->lock[k], &s->node[i]) &&
			    (is_free_for(&s->lock[k], &s->node[i]) || s->opts.mutant))
				return false;
	return true;
}

static void poll_ev(struct sim *s, const struct sim_ev *ev)
{
	(void)ev;
	sim_locks_poll(s);
}

void sim_locks_poll_soon(struct sim *s)
{
	if (sim_small_has_ev(s, (uint32_t)CHAN_POLL << 24))
		return;
	sim_chan(sim_after(s, sim_between(s, 200, 20000), poll_ev), CHAN_POLL, 0);
}

void sim_locks_ask(struct sim_node *nd, uint32_t lock, enum sim_want kind)
{
	struct sim_lock *l = &nd->s->lock[lock];

	if (l->owner == (int)nd->nr && l->owner_boot == nd->boot && l->kind == kind &&
	    kind != WANT_PROOF) {
		complete(nd, kind, lock);	/* the orphan of a former process: adopted */
		return;
	}
	l->want[nd->nr].kind = kind;
	l->want[nd->nr].daemon_gen = nd->daemon_gen;
	sim_locks_poll_soon(nd->s);
}

void sim_locks_drop(struct sim_node *nd, uint32_t lock, enum sim_want kind)
{
	struct sim_lock *l = &nd->s->lock[lock];

	if (l->want[nd->nr].kind == kind)
		l->want[nd->nr].kind = WANT_NONE;
	if (l->owner == (int)nd->nr && l->kind == kind)
		l->owner = -1;
	sim_locks_poll_soon(nd->s);
}

void sim_locks_daemon_gone(struct sim_node *nd)
{
	uint32_t k;

	for (k = 0; k <= SIM_NODES; k++) {
		struct sim_lock *l = &nd->s->lock[k];

		l->want[nd->nr].kind = WANT_NONE;
		if (l->owner == (int)nd->nr && l->kind == WANT_PROOF)
			l->owner = -1;
	}
	nd->has_node_lock = false;
	sim_chan(sim_after(nd->s, 1000, poll_ev), CHAN_POLL, 0);
}

void sim_locks_node_gone(struct sim_node *nd)
{
	uint32_t k;

	for (k = 0; k <= SIM_NODES; k++) {
		struct sim_lock *l = &nd->s->lock[k];

		if (l->owner == (int)nd->nr && (!nd->is_up || l->owner_boot != nd->boot))
			l->owner = -1;
	}
}

/* ---- fencing ---- */

static void fence_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *by = &s->node[ev->node];
	uint32_t target = (uint32_t)ev->a;

	if (!by->is_up || by->boot != ev->gen || !sim_net_is_quorate(s, by->ring))
		return;
	if (by->ring >> target & 1 || (s->node[target].is_fenced && !s->node[target].is_up))
		return;
	sim_node_fenced(&s->node[target]);
}

void sim_fence_soon(struct sim_node *nd, uint32_t target)
{
	struct sim *s = nd->s;
	struct sim_ev *ev;

	if (s->node[target].is_fenced && !s->node[target].is_up)
		return;
	ev = sim_after(s, sim_between(s, 200, 8000) * US_MS, fence_ev);
	sim_chan(ev, CHAN_FENCE, nd->nr << 8 | target);
	ev->node = nd->nr;
	ev->gen = nd->boot;
	ev->a = target;
}
