/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agreement on views: a model of the group service under random joins, deaths, partitions and
 * merges, with slow readers; then named cases.
 *
 * The model, as corosync behaves: a ring is a set of nodes with one order of events. A node walks
 * along that order and puts what concerns a process into the process's queue; the process reads
 * its queue when it likes. What a process sends goes through a queue of its node into the order of
 * the ring that the node is in by then. When rings change, nodes that stay together first deliver
 * the same part of the old order, then each reports who left, who joined, and the new ring.
 */
#include "lib/cluster/clu_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/tap.h"

#define NODES		4u
#define PROCS_MAX	64u
#define LOG_MAX		4000u
#define QUEUE_MAX	4000u
#define VIEWS_MAX	20000u
#define SEEDS		200u
#define STEPS		3000u
#define RINGS_MAX	100u

enum ev_type { EV_JOIN, EV_LEAVE, EV_APP, EV_PROPOSAL, EV_CONFCHG, EV_TOTEM };

struct ev {
	enum ev_type type;
	struct clv_addr from;
	uint32_t id;
	const struct clv_proposal *prop;
	struct clv_addr list[3][8];	/* members, left, joined */
	uint32_t count[3];
	struct clv_ring ring;
	uint32_t node[NODES], node_count;
};

struct ring {
	struct clv_ring id;
	uint32_t nodes;		/* bit n: node n + 1 */
	uint32_t count;
	struct ev log[LOG_MAX];
};

struct node {
	struct ring *ring;
	uint32_t at;		/* place in ring->log */
	uint32_t pi_count;
	struct clv_addr pi[8];	/* processes of the group, as this node knows them */
	uint32_t out_count;
	struct ev out[QUEUE_MAX];
};

struct proc {
	struct clv clv;
	bool is_alive;
	uint32_t head, tail;
	struct ev *queue;
	uint32_t must_drop_count;
	struct clv_addr must_drop[16];
	uint64_t last_nr, last_members;	/* of the last view: number, hash of its processes */
	uint64_t app_hash;	/* of what was delivered in it */
};

struct seen_view {
	uint64_t nr;
	uint32_t count;
	struct clv_addr addr[8];
};

struct seen_cut {
	uint64_t from_nr, to_nr, from_members, to_members, app_hash;
};

static struct node nodes[NODES];
static struct proc procs[PROCS_MAX];
static uint32_t proc_count, next_pid, next_app;
static uint64_t next_seq;
static struct ring *rings[RINGS_MAX];
static uint32_t ring_count;
static struct clv_proposal *props[QUEUE_MAX];
static uint32_t prop_count;
static struct seen_view views[VIEWS_MAX];
static uint32_t view_count;
static struct seen_cut cuts[VIEWS_MAX];
static uint32_t cut_count;
static uint32_t app_delivered;
static uint64_t rng;
static const char *broken;	/* the first violated rule */

static uint32_t rnd(uint32_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng >> 33) % below;
}

static void fail(const char *what)
{
	if (!broken)
		broken = what;
}

static bool addr_is(struct clv_addr a, struct clv_addr b)
{
	return a.nodeid == b.nodeid && a.pid == b.pid;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x100000001b3ull + 0x9e3779b97f4a7c15ull;
}

/* ---- the group service ---- */

static void push(struct proc *p, const struct ev *ev)
{
	if (p->tail < QUEUE_MAX)
		p->queue[p->tail++] = *ev;
}

static void push_node(uint32_t nodeid, const struct ev *ev)
{
	uint32_t i, j;

	for (i = 0; i < proc_count; i++) {
		struct proc *p = &procs[i];

		if (!p->is_alive || p->clv.self.nodeid != nodeid)
			continue;
		/* Only for who has joined, as its node knows. */
		for (j = 0; j < nodes[nodeid - 1].pi_count; j++)
			if (addr_is(nodes[nodeid - 1].pi[j], p->clv.self))
				push(p, ev);
	}
}

static void push_confchg(uint32_t nodeid, const struct clv_addr *left, uint32_t left_count,
			 const struct clv_addr *joined, uint32_t joined_count)
{
	struct node *n = &nodes[nodeid - 1];
	struct ev ev = { .type = EV_CONFCHG };
	uint32_t i;

	for (i = 0; i < n->pi_count; i++)	/* unordered on purpose */
		ev.list[0][i] = n->pi[n->pi_count - 1 - i];
	for (i = 0; i < left_count; i++)
		ev.list[1][i] = left[i];
	for (i = 0; i < joined_count; i++)
		ev.list[2][i] = joined[i];
	ev.count[0] = n->pi_count;
	ev.count[1] = left_count;
	ev.count[2] = joined_count;
	push_node(nodeid, &ev);
}

static void totem_ev(const struct ring *ring, struct ev *ev)
{
	uint32_t i;

	memset(ev, 0, sizeof(*ev));
	ev->type = EV_TOTEM;
	ev->ring = ring->id;
	for (i = NODES; i-- > 0;)
		if (ring->nodes & 1u << i)
			ev->node[ev->node_count++] = i + 1;
}

static bool pi_remove(struct node *n, struct clv_addr addr)
{
	uint32_t i;

	for (i = 0; i < n->pi_count; i++)
		if (addr_is(n->pi[i], addr)) {
			n->pi[i] = n->pi[--n->pi_count];
			return true;
		}
	return false;
}

static void node_step(uint32_t nodeid)
{
	struct node *n = &nodes[nodeid - 1];
	struct ev *ev = &n->ring->log[n->at++];
	struct ev totem;
	uint32_t i;

	switch (ev->type) {
	case EV_JOIN:
		if (n->pi_count == 8)
			break;
		n->pi[n->pi_count++] = ev->from;
		push_confchg(nodeid, NULL, 0, &ev->from, 1);
		/* The first ring report of a newcomer follows its join. */
		totem_ev(n->ring, &totem);
		for (i = 0; i < proc_count; i++)
			if (procs[i].is_alive && addr_is(procs[i].clv.self, ev->from) &&
			    ev->from.nodeid == nodeid)
				push(&procs[i], &totem);
		break;
	case EV_LEAVE:
		if (pi_remove(n, ev->from))
			push_confchg(nodeid, &ev->from, 1, NULL, 0);
		break;
	default:
		push_node(nodeid, ev);
	}
}

static void node_flush(struct node *n)
{
	if (n->out_count == 0 || n->ring->count == LOG_MAX)
		return;
	n->ring->log[n->ring->count++] = n->out[0];
	n->out_count--;
	memmove(&n->out[0], &n->out[1], n->out_count * sizeof(n->out[0]));
}

static void node_send(uint32_t nodeid, const struct ev *ev)
{
	struct node *n = &nodes[nodeid - 1];

	if (n->out_count < QUEUE_MAX)
		n->out[n->out_count++] = *ev;
}

static struct ring *ring_new(uint32_t mask)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	CM_ASSERT(ring && ring_count < RINGS_MAX);
	rings[ring_count++] = ring;
	ring->nodes = mask;
	ring->id.nodeid = (uint32_t)__builtin_ctz(mask) + 1;
	ring->id.seq = next_seq;
	return ring;
}

/* The nodes of @together, all from one ring, deliver the same part of its order. */
static void move_on(uint32_t together)
{
	struct ring *old = nodes[__builtin_ctz(together)].ring;
	uint32_t i, low = 0, cut;

	for (i = 0; i < NODES; i++)
		if (together & 1u << i && nodes[i].at > low)
			low = nodes[i].at;
	for (i = low; i < old->count; i++)	/* own messages are never lost */
		if (together & 1u << (old->log[i].from.nodeid - 1))
			low = i + 1;
	cut = low + rnd(old->count - low + 1);
	for (i = 0; i < NODES; i++)
		while (together & 1u << i && nodes[i].at < cut)
			node_step(i + 1);
}

static bool in_mask(uint32_t mask, struct clv_addr a)
{
	return mask & 1u << (a.nodeid - 1);
}

/* One node arrives in @ring with those of @together; @all: everybody's local processes. */
static void arrive(uint32_t nodeid, struct ring *ring, uint32_t together,
		   const struct clv_addr *all, uint32_t all_count)
{
	struct node *n = &nodes[nodeid - 1];
	struct clv_addr left[8], joined[8];
	uint32_t i, j, left_count = 0, joined_count = 0;
	bool has_ghost = rnd(10) == 0;
	struct ev totem;

	for (i = n->pi_count; i-- > 0;) {
		if (in_mask(together, n->pi[i]))
			continue;
		if (has_ghost && !in_mask(ring->nodes, n->pi[i]))
			continue;
		left[left_count++] = n->pi[i];
		n->pi[i] = n->pi[--n->pi_count];
	}
	if (left_count > 0)
		push_confchg(nodeid, left, left_count, NULL, 0);
	for (i = 0; i < all_count; i++) {
		for (j = 0; j < n->pi_count && !addr_is(n->pi[j], all[i]); j++)
			;
		if (j == n->pi_count && n->pi_count < 8) {
			joined[joined_count++] = all[i];
			n->pi[n->pi_count++] = all[i];
		}
	}
	/* A ghost whose node is back goes when it is not in that node's list. */
	for (i = n->pi_count; i-- > 0;) {
		for (j = 0; j < all_count && !addr_is(n->pi[i], all[j]); j++)
			;
		if (j == all_count && in_mask(ring->nodes, n->pi[i]))
			n->pi[i] = n->pi[--n->pi_count];
	}
	if (joined_count > 0)
		push_confchg(nodeid, NULL, 0, joined, joined_count);
	totem_ev(ring, &totem);
	push_node(nodeid, &totem);
}

/* All nodes of @mask form one ring. */
static void form_ring(uint32_t mask)
{
	struct clv_addr all[PROCS_MAX];
	uint32_t together[NODES] = { 0 }, i, j, all_count = 0;
	struct ring *ring = ring_new(mask);

	for (i = 0; i < NODES; i++)
		for (j = 0; j < NODES; j++)
			if (mask & 1u << i && mask & 1u << j && nodes[i].ring == nodes[j].ring &&
			    nodes[i].ring)
				together[i] |= 1u << j;
	for (i = 0; i < NODES; i++)
		if (mask & 1u << i && together[i] &&
		    (uint32_t)__builtin_ctz(together[i]) == i)
			move_on(together[i]);
	for (i = 0; i < NODES; i++)
		for (j = 0; mask & 1u << i && j < nodes[i].pi_count; j++)
			if (nodes[i].pi[j].nodeid == i + 1)
				all[all_count++] = nodes[i].pi[j];
	for (i = 0; i < NODES; i++) {
		if (!(mask & 1u << i))
			continue;
		arrive(i + 1, ring, together[i] | 1u << i, all, all_count);
	}
	for (i = 0; i < NODES; i++)
		if (mask & 1u << i) {
			nodes[i].ring = ring;
			nodes[i].at = 0;
		}
}

static void new_partition(bool one)
{
	uint32_t side[NODES], mask, i, s;

	next_seq += 4;
	for (i = 0; i < NODES; i++)
		side[i] = one ? 0 : rnd(3);
	for (s = 0; s < 3; s++) {
		for (mask = 0, i = 0; i < NODES; i++)
			if (side[i] == s)
				mask |= 1u << i;
		if (mask)
			form_ring(mask);
	}
}

/* ---- the processes ---- */

static uint32_t procs_of(uint32_t nodeid)
{
	uint32_t i, n = 0;

	for (i = 0; i < proc_count; i++)
		n += procs[i].is_alive && procs[i].clv.self.nodeid == nodeid;
	return n;
}

static void proc_start(uint32_t nodeid)
{
	struct proc *p = &procs[proc_count];
	struct ev ev = { .type = EV_JOIN };

	if (proc_count == PROCS_MAX || procs_of(nodeid) > (rnd(4) == 0))
		return;
	proc_count++;
	memset(p, 0, sizeof(*p));
	p->queue = calloc(QUEUE_MAX, sizeof(*p->queue));
	CM_ASSERT(p->queue);
	p->is_alive = true;
	ev.from.nodeid = nodeid;
	ev.from.pid = rnd(2) ? ++next_pid : 100000 - ++next_pid;
	clv_init(&p->clv, ev.from);
	node_send(nodeid, &ev);
}

static void proc_kill(struct proc *p)
{
	struct ev ev = { .type = EV_LEAVE, .from = p->clv.self };

	p->is_alive = false;
	node_send(p->clv.self.nodeid, &ev);
}

static void proc_send_app(struct proc *p)
{
	struct ev ev = { .type = EV_APP, .from = p->clv.self, .id = ++next_app };

	if (p->clv.is_member)
		node_send(p->clv.self.nodeid, &ev);
}

static void proc_send_proposal(struct proc *p)
{
	struct ev ev = { .type = EV_PROPOSAL, .from = p->clv.self };
	struct clv_proposal *prop;

	if (!clv_is_due(&p->clv) || prop_count == QUEUE_MAX)
		return;
	prop = malloc(sizeof(*prop));
	CM_ASSERT(prop);
	props[prop_count++] = prop;
	clv_propose(&p->clv, prop);
	ev.prop = prop;
	node_send(p->clv.self.nodeid, &ev);
}

/* ---- the rules ---- */

static void check_agreed(const struct seen_view *v)
{
	uint32_t i, j, k, common;

	for (i = 0; i < view_count; i++) {
		if (views[i].nr != v->nr)
			continue;
		for (common = 0, j = 0; j < v->count; j++)
			for (k = 0; k < views[i].count; k++)
				common += addr_is(v->addr[j], views[i].addr[k]);
		if (common != 0 && (common != v->count || common != views[i].count))
			fail("two members of a view know it with different members");
	}
	if (view_count < VIEWS_MAX)
		views[view_count++] = *v;
}

static void check_cut(struct proc *p, uint64_t nr, uint64_t members)
{
	struct seen_cut cut = { p->last_nr, nr, p->last_members, members, p->app_hash };
	uint32_t i;

	for (i = 0; i < cut_count; i++)
		if (cuts[i].from_nr == cut.from_nr && cuts[i].to_nr == cut.to_nr &&
		    cuts[i].from_members == cut.from_members &&
		    cuts[i].to_members == cut.to_members && cuts[i].app_hash != cut.app_hash)
			fail("two members delivered different messages in a view");
	if (p->last_nr != 0 && cut_count < VIEWS_MAX)
		cuts[cut_count++] = cut;
}

static void check_dropped(struct proc *p, const struct clv_view *v, const struct clv *before)
{
	uint32_t i, j, k;

	for (i = 0; i < p->must_drop_count; i++)
		for (j = 0; j < before->view.count; j++) {
			if (!addr_is(before->view.addr[j], p->must_drop[i]))
				continue;
			for (k = 0; k < v->member_count; k++)
				if (v->member[k] == p->must_drop[i].nodeid)
					fail("a member that left was not seen to leave");
		}
	p->must_drop_count = 0;
}

static void announced(struct proc *p, const struct clv_view *v, const struct clv *before,
		      bool is_last)
{
	const struct clv_procs *from = is_last ? &p->clv.view : &before->view;
	struct seen_view seen = { .nr = v->nr };
	uint64_t members = 0;
	uint32_t i, j;
	bool has_self = false;

	for (i = 0; i < v->member_count; i++) {
		has_self |= v->member[i] == p->clv.self.nodeid;
		if (i > 0 && v->member[i] <= v->member[i - 1])
			fail("members not ascending");
		for (j = 0; j < from->count; j++)
			if (from->addr[j].nodeid == v->member[i]) {
				seen.addr[seen.count++] = from->addr[j];
				members = mix(mix(members, v->member[i]), from->addr[j].pid);
			}
	}
	if (!has_self)
		fail("a view without oneself");
	if (v->nr <= p->last_nr)
		fail("a view number that does not grow");
	check_agreed(&seen);
	check_cut(p, v->nr, members);
	p->last_nr = v->nr;
	p->last_members = members;
	p->app_hash = 0;
}

static void proc_read(struct proc *p)
{
	struct ev *ev = &p->queue[p->head++];
	struct clv before = p->clv;
	struct clv_view out[2];
	uint32_t i, j, count;
	enum clv_result r;

	switch (ev->type) {
	case EV_CONFCHG:
		clv_confchg(&p->clv, ev->list[0], ev->count[0], ev->list[1], ev->count[1],
			    ev->list[2], ev->count[2]);
		for (i = 0; i < ev->count[1] && p->must_drop_count < 16; i++)
			p->must_drop[p->must_drop_count++] = ev->list[1][i];
		break;
	case EV_TOTEM:
		clv_totem(&p->clv, ev->ring, ev->node, ev->node_count);
		for (i = 0; i < before.view.count && p->must_drop_count < 16; i++) {
			for (j = 0; j < ev->node_count; j++)
				if (ev->node[j] == before.view.addr[i].nodeid)
					break;
			if (j == ev->node_count)
				p->must_drop[p->must_drop_count++] = before.view.addr[i];
		}
		break;
	case EV_APP:
		if (clv_is_deliverable(&p->clv, ev->from)) {
			p->app_hash = mix(p->app_hash, ev->id);
			app_delivered++;
		}
		break;
	case EV_PROPOSAL:
		r = clv_deliver(&p->clv, ev->from, ev->prop, out, &count);
		if (r == CLV_DISPLACED)
			proc_kill(p);
		if (r != CLV_ANNOUNCE)
			break;
		check_dropped(p, &out[0], &before);
		for (i = 0; i < count; i++)
			announced(p, &out[i], &before, i + 1 == count);
		break;
	default:
		break;
	}
}

/* ---- runs ---- */

static void step(void)
{
	uint32_t what = rnd(1000), i = rnd(NODES);
	struct proc *p = proc_count ? &procs[rnd(proc_count)] : NULL;

	if (what < 10)
		proc_start(i + 1);
	else if (what < 15 && p && p->is_alive)
		proc_kill(p);
	else if (what < 22)
		new_partition(rnd(3) == 0);
	else if (what < 100 && p && p->is_alive)
		proc_send_app(p);
	else if (what < 110 && p && p->is_alive)
		clv_retry(&p->clv);
	else if (what < 300 && p && p->is_alive)
		proc_send_proposal(p);
	else if (what < 500)
		node_flush(&nodes[i]);
	else if (what < 700 && nodes[i].at < nodes[i].ring->count)
		node_step(i + 1);
	else
		for (i = rnd(20); i > 0 && p && p->is_alive && p->head < p->tail; i--)
			proc_read(p);
}

static void quiesce(void)
{
	uint32_t round, i;

	new_partition(rnd(2));
	for (i = 0; i < proc_count; i++)
		if (procs[i].is_alive && procs_of(procs[i].clv.self.nodeid) > 1)
			proc_kill(&procs[i]);
	for (round = 0; round < 8; round++) {
		for (i = 0; i < NODES; i++)
			while (nodes[i].out_count > 0)
				node_flush(&nodes[i]);
		for (i = 0; i < NODES; i++)
			while (nodes[i].at < nodes[i].ring->count)
				node_step(i + 1);
		for (i = 0; i < proc_count; i++) {
			while (procs[i].is_alive && procs[i].head < procs[i].tail)
				proc_read(&procs[i]);
			if (round == 4)
				clv_retry(&procs[i].clv);
			if (procs[i].is_alive)
				proc_send_proposal(&procs[i]);
		}
	}
}

static void check_settled(void)
{
	uint32_t i, j, k, want;

	for (i = 0; i < proc_count; i++) {
		const struct proc *p = &procs[i];
		uint32_t ring_nodes;

		if (!p->is_alive)
			continue;
		ring_nodes = nodes[p->clv.self.nodeid - 1].ring->nodes;
		for (want = 0, j = 0; j < proc_count; j++) {
			if (!procs[j].is_alive || !in_mask(ring_nodes, procs[j].clv.self))
				continue;
			want++;
			for (k = 0; k < p->clv.view.count; k++)
				if (addr_is(p->clv.view.addr[k], procs[j].clv.self))
					break;
			if (k == p->clv.view.count)
				fail("settled, but a living process is not in the view");
			if (procs[j].last_nr != p->last_nr)
				fail("settled, but the views differ");
		}
		if (want != p->clv.view.count)
			fail("settled, but the view has somebody else");
		if (clv_is_pending(&p->clv) || !clv_is_current(&p->clv))
			fail("settled, but a view is pending");
	}
}

static void run_seed(uint64_t seed)
{
	uint32_t i;

	rng = seed * 0x9e3779b97f4a7c15ull + 1;
	memset(nodes, 0, sizeof(nodes));
	next_pid = proc_count = prop_count = ring_count = view_count = cut_count = 0;
	next_seq = 100;
	new_partition(true);
	for (i = 0; i < STEPS && !broken && ring_count < RINGS_MAX - NODES; i++)
		step();
	if (!broken) {
		quiesce();
		check_settled();
	}
	if (broken)
		printf("# seed %llu: %s\n", (unsigned long long)seed, broken);
	for (i = 0; i < proc_count; i++)
		free(procs[i].queue);
	for (i = 0; i < prop_count; i++)
		free(props[i]);
	for (i = 0; i < ring_count; i++)
		free(rings[i]);
}

static void test_random(uint64_t first, uint64_t count)
{
	uint64_t seed, views_total = 0;

	broken = NULL;
	for (seed = first; seed < first + count && !broken; seed++) {
		run_seed(seed);
		views_total += view_count;
	}
	OK(!broken, "%llu random histories", (unsigned long long)count);
	OK(views_total > 20 * count && app_delivered > 5 * count,
	   "they had %llu views and %u messages", (unsigned long long)views_total, app_delivered);
}

/* ---- named cases ---- */

static const struct clv_addr A = { 1, 10 }, B = { 2, 20 }, B2 = { 2, 21 }, C = { 3, 30 };
static const struct clv_ring R1 = { 1, 8 }, R2 = { 1, 12 };

/* @clv proposes and gets it back. Returns how many views came of it. */
static uint32_t propose_to_self(struct clv *clv, struct clv_view out[2])
{
	struct clv_proposal prop;
	uint32_t count = 0;

	if (!clv_is_due(clv))
		return 0;
	clv_propose(clv, &prop);
	if (clv_deliver(clv, clv->self, &prop, out, &count) != CLV_ANNOUNCE)
		return 0;
	return count;
}

static void start_alone(struct clv *clv, struct clv_view out[2])
{
	const uint32_t ring_nodes[] = { 2, 1, 3 };

	clv_init(clv, A);
	clv_confchg(clv, &A, 1, NULL, 0, &A, 1);
	OK(!clv_is_due(clv), "no ring, no proposal");
	clv_totem(clv, R1, ring_nodes, 3);
	IS_U64(propose_to_self(clv, out), 1, "first of the group: proposes by itself");
}

static void test_first_and_second(void)
{
	const struct clv_addr both[] = { B, A };
	struct clv clv;
	struct clv_view out[2];
	struct clv_proposal prop;
	uint32_t count;

	start_alone(&clv, out);
	IS_U64(out[0].nr, 8u << 20 | 2, "number: ring seq and 2");
	OK(clv_is_deliverable(&clv, A) && !clv_is_deliverable(&clv, B), "only A is heard");

	clv_confchg(&clv, both, 2, NULL, 0, &B, 1);
	OK(!clv_is_deliverable(&clv, B), "B is not a member before its view");
	clv_propose(&clv, &prop);
	OK(!clv_is_due(&clv), "one proposal");
	clv_confchg(&clv, &A, 1, &B, 1, NULL, 0);
	OK(clv_deliver(&clv, A, &prop, out, &count) == CLV_IGNORED, "overtaken by B's death");
	IS_U64(propose_to_self(&clv, out), 1, "the next one counts");
	IS_U64(out[0].nr, 8u << 20 | 4, "and the number was not used up");
	OK(clv_deliver(&clv, B, &prop, out, &count) == CLV_IGNORED, "not from outside the group");
}

static void test_left_and_back(void)
{
	const struct clv_addr both[] = { A, B }, both2[] = { A, B2 };
	const uint32_t ring_nodes[] = { 1, 2 };
	struct clv clv;
	struct clv_view out[2];

	start_alone(&clv, out);
	clv_confchg(&clv, both, 2, NULL, 0, &B, 1);
	IS_U64(propose_to_self(&clv, out), 1, "B is new");
	clv_confchg(&clv, both2, 2, &B, 1, &B2, 1);
	IS_U64(propose_to_self(&clv, out), 2, "another process of node 2: two views");
	IS_U64(out[0].member_count, 1, "first without");
	IS_U64(out[1].member_count, 2, "then with node 2");
	IS_U64(out[0].nr, out[1].nr - 1, "odd, even");

	clv_confchg(&clv, both2, 2, &B2, 1, &B2, 1);
	clv_totem(&clv, R2, ring_nodes, 2);
	OK(!clv_is_current(&clv), "the last view is of another ring");
	IS_U64(propose_to_self(&clv, out), 2, "the same process, cut off and back: two views");
	IS_U64(out[1].nr, 12u << 20 | 2, "a new ring counts anew");
}

static void test_ghost_and_ring(void)
{
	const struct clv_addr both[] = { A, B };
	const uint32_t ring_nodes[] = { 1, 3 };
	struct clv clv;
	struct clv_view out[2];

	start_alone(&clv, out);
	clv_confchg(&clv, both, 2, NULL, 0, &B, 1);
	IS_U64(propose_to_self(&clv, out), 1, "A and B");
	clv_totem(&clv, R2, ring_nodes, 2);
	IS_U64(propose_to_self(&clv, out), 1, "a ring without a group change is a view");
	OK(out[0].member_count == 1 && out[0].member[0] == 1, "the ghost B is dropped");
}

static void test_newcomer(void)
{
	const struct clv_addr three[] = { A, B, C }, two[] = { B, C };
	const uint32_t ring_nodes[] = { 1, 2, 3 };
	struct clv_proposal prop = { .ring = R1, .number = 40, .count = 3,
		.proc = { A, B, C } };
	struct clv clv;
	struct clv_view out[2];
	uint32_t count;

	clv_init(&clv, C);
	clv_confchg(&clv, three, 3, NULL, 0, &C, 1);
	clv_totem(&clv, R1, ring_nodes, 3);
	clv_retry(&clv);
	OK(!clv_is_due(&clv), "a newcomer does not know the number");
	prop.ring = R2;
	OK(clv_deliver(&clv, A, &prop, out, &count) == CLV_IGNORED, "another ring");
	prop.ring = R1;
	prop.count = 2;
	OK(clv_deliver(&clv, A, &prop, out, &count) == CLV_IGNORED, "a list without it");
	prop.count = 3;
	OK(clv_deliver(&clv, A, &prop, out, &count) == CLV_ANNOUNCE, "takes any number");
	IS_U64(out[0].nr, 8u << 20 | 40, "that one");

	clv_init(&clv, C);
	clv_confchg(&clv, three, 3, NULL, 0, &C, 1);
	clv_totem(&clv, R1, ring_nodes, 3);
	clv_confchg(&clv, two, 2, &A, 1, NULL, 0);
	OK(!clv_is_due(&clv), "B is there yet");
	clv_confchg(&clv, &C, 1, &B, 1, NULL, 0);
	IS_U64(propose_to_self(&clv, out), 1, "all before it are gone: proposes");
}

/* The old process of the own node is dying slowly. */
static void test_successor_waits(void)
{
	const struct clv_addr three[] = { A, B, B2 }, two[] = { A, B2 };
	const uint32_t ring_nodes[] = { 1, 2 };
	struct clv_proposal prop;
	struct clv a, b2;
	struct clv_view out[2];
	uint32_t count;

	start_alone(&a, out);
	clv_confchg(&a, (const struct clv_addr[]){ A, B }, 2, NULL, 0, &B, 1);
	IS_U64(propose_to_self(&a, out), 1, "A and B");
	clv_init(&b2, B2);
	clv_confchg(&b2, three, 3, NULL, 0, &B2, 1);
	clv_totem(&b2, R1, ring_nodes, 2);
	clv_confchg(&a, three, 3, NULL, 0, &B2, 1);
	clv_totem(&a, R1, ring_nodes, 2);
	clv_propose(&a, &prop);
	OK(clv_deliver(&b2, A, &prop, out, &count) == CLV_IGNORED, "the successor waits");
	OK(clv_deliver(&a, A, &prop, out, &count) == CLV_ANNOUNCE && count == 1, "A goes on");
	OK(clv_is_deliverable(&a, B) && !clv_is_deliverable(&a, B2), "with the old one");

	clv_confchg(&a, two, 2, &B, 1, NULL, 0);
	clv_confchg(&b2, two, 2, &B, 1, NULL, 0);
	clv_propose(&a, &prop);
	OK(clv_deliver(&b2, A, &prop, out, &count) == CLV_ANNOUNCE && count == 1, "its turn");
	OK(clv_deliver(&a, A, &prop, out, &count) == CLV_ANNOUNCE && count == 2,
	   "A sees the change of processes");
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		test_random(strtoull(argv[1], NULL, 0), strtoull(argv[2], NULL, 0));
		return tap_done();
	}
	test_first_and_second();
	test_left_and_back();
	test_ghost_and_ring();
	test_newcomer();
	test_successor_waits();
	test_random(1, SEEDS);
	return tap_done();
}
