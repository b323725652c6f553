/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_net.c - corosync: rings, views, and messages in agreed order.
 *
 * A message waits at its sender, then gets its place in the order: it is appended to the queue of
 * every member at once. Each member takes its queue one by one, in its own time. When a ring is
 * reformed, the members that stay together first deliver the same rest of the old order. Of that
 * rest, the messages of a sender that is out may be missing from some place on, if no member that
 * stays has delivered them; the lost sender itself may have.
 */
#include "test/sim/sim.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static void deliver(struct sim *s, const struct sim_ev *ev);

static void entry_put(struct sim_entry *e)
{
	if (!--e->refs)
		free(e);
}

static struct sim_entry *queue_at(struct sim_node *nd, uint32_t i)
{
	return nd->queue[(nd->q_head + i) % SIM_QUEUE];
}

static void deliver_soon(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct sim_ev *ev;
	uint64_t delay = sim_between(s, 20, 400);

	if (nd->is_delivering || !nd->q_count)
		return;
	nd->is_delivering = true;
	if (sim_chance(s, 50))
		delay += sim_between(s, 1, 300) * US_MS;
	ev = sim_after(s, delay, deliver);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
}

static void queue_put(struct sim_node *nd, struct sim_entry *e)
{
	CM_ASSERT(nd->q_count < SIM_QUEUE);
	nd->queue[(nd->q_head + nd->q_count++) % SIM_QUEUE] = e;
	e->refs++;
	deliver_soon(nd);
}

static void queue_clear(struct sim_node *nd)
{
	for (; nd->q_count; nd->q_count--) {
		entry_put(queue_at(nd, 0));
		nd->q_head = (nd->q_head + 1) % SIM_QUEUE;
	}
	nd->is_delivering = false;
}

/* ---- delivery ---- */

static void usable_soon(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];

	if (!nd->has_daemon || nd->daemon_gen != ev->gen || nd->view_nr != ev->a || nd->is_settled)
		return;
	nd->is_settled = true;
	nd->settled_at_us = s->now_us;
	sim_host_view(nd);
}

static void view_deliver(struct sim_node *nd, const struct sim_entry *e)
{
	struct sim *s = nd->s;
	struct sim_ev *ev;

	nd->view_nr = e->view_nr;
	nd->view_members = e->members;
	nd->is_quorate = e->is_quorate;
	nd->is_settled = false;
	sim_mark(s, MARK_views);
	sim_host_view(nd);
	sim_locks_poll_soon(s);
	if (e->is_flash)
		return;
	ev = sim_after(s, sim_rand(s, 300 * US_MS), usable_soon);
	ev->node = nd->nr;
	ev->gen = nd->daemon_gen;
	ev->a = e->view_nr;
}

static void deliver(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct sim_entry *e;

	if (!nd->has_daemon || nd->daemon_gen != ev->gen)
		return;
	nd->is_delivering = false;
	if (!nd->q_count)
		return;
	e = queue_at(nd, 0);
	nd->q_head = (nd->q_head + 1) % SIM_QUEUE;
	nd->q_count--;
	e->delivered |= 1u << nd->nr;
	if (e->sender == SIM_NODES)
		view_deliver(nd, e);
	else
		sim_host_message(nd, e);
	if (nd->has_daemon && nd->daemon_gen == ev->gen)
		check_hash(nd, e);
	entry_put(e);
	deliver_soon(nd);
}

/* ---- sending ---- */

/* The message gets its place in the order. */
static void order(struct sim_node *nd, const uint8_t *buf, uint32_t len_bytes)
{
	struct sim *s = nd->s;
	struct sim_entry *e = calloc(1, sizeof(*e) + len_bytes);
	uint32_t i;

	CM_ASSERT(e);
	e->refs = 1;
	e->sender = nd->nr;
	e->len_bytes = len_bytes;
	memcpy(e->buf, buf, len_bytes);
	for (i = 0; i < s->node_count; i++)
		if (nd->group >> i & 1 && s->node[i].has_daemon &&
		    s->node[i].daemon_gen == nd->group_gen[i])
			queue_put(&s->node[i], e);
	entry_put(e);
}

struct sim_packet {
	struct sim_packet *next;
	uint32_t len_bytes;
	uint8_t buf[];
};

/* While a member is gone and the ring not yet reformed, the token does not come round. */
static bool is_ring_whole(const struct sim_node *nd)
{
	const struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < s->node_count; i++)
		if (nd->ring >> i & 1 && (!s->node[i].is_up || s->node[i].ring != nd->ring ||
					  (s->is_partitioned && s->node[i].side != nd->side)))
			return false;
	return nd->group != 0;
}

static void order_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct sim_packet *p = nd->out_head;

	if (nd->boot != ev->gen || !p)
		return;
	if (!is_ring_whole(nd)) {
		struct sim_ev *again = sim_after(s, 20 * US_MS, order_ev);

		sim_chan(again, CHAN_ORDER, nd->nr);
		again->node = nd->nr;
		again->gen = nd->boot;
		return;
	}
	nd->out_head = p->next;
	if (!nd->out_head)
		nd->out_tail = NULL;
	order(nd, p->buf, p->len_bytes);
	free(p);
}

void sim_net_send(struct sim_node *nd, const uint8_t *buf, size_t len_bytes)
{
	struct sim *s = nd->s;
	struct sim_packet *p = malloc(sizeof(*p) + len_bytes);
	uint64_t delay = sim_between(s, 100, 3000);
	struct sim_ev *ev;

	CM_ASSERT(p);
	p->next = NULL;
	p->len_bytes = (uint32_t)len_bytes;
	memcpy(p->buf, buf, len_bytes);
	if (nd->out_tail)
		nd->out_tail->next = p;
	else
		nd->out_head = p;
	nd->out_tail = p;
	if (sim_chance(s, 100))
		delay += sim_rand(s, 200 * US_MS);
	ev = sim_after(s, delay, order_ev);
	sim_chan(ev, CHAN_ORDER, nd->nr);
	ev->node = nd->nr;
	ev->gen = nd->boot;
}

static void packets_cut(struct sim_node *nd, bool keep_some)
{
	struct sim_packet *p, **at = &nd->out_head;

	nd->out_tail = NULL;
	while (*at && keep_some && !sim_pick(nd->s, 2)) {
		nd->out_tail = *at;
		at = &(*at)->next;
	}
	while ((p = *at)) {
		*at = p->next;
		free(p);
		sim_mark(nd->s, MARK_lost_messages);
	}
}

/* ---- rings ---- */

bool sim_net_is_quorate(const struct sim *s, uint32_t ring)
{
	uint32_t n = (uint32_t)__builtin_popcount(ring);

	if (s->node_count == 2)
		return n > 0;		/* two_node: 1 */
	return 2 * n > s->node_count;
}

static struct sim_entry *entry_copy(const struct sim_entry *e, uint32_t stay)
{
	struct sim_entry *copy = malloc(sizeof(*e) + e->len_bytes);
	uint32_t i;

	CM_ASSERT(copy);
	memcpy(copy, e, sizeof(*e) + e->len_bytes);
	copy->refs = 1;
	/* Who is out may have delivered what those who stay have lost: not to be compared with. */
	for (i = 0; i < SIM_NODES; i++)
		if (!(stay >> i & 1))
			copy->hash[i] = copy->lineage[i] = 0;
	return copy;
}

/*
 * The queues of the members @stay of one old ring: drop what is lost, and give the rest records of
 * its own, for the other side may see another rest.
 */
static void queues_settle(struct sim *s, uint32_t stay)
{
	struct sim_entry *seen[256], *copy[256];
	uint32_t cut = 0, n = 0, i, k, j;

	for (i = 0; i < s->node_count; i++) {
		struct sim_node *nd = &s->node[i];
		uint32_t kept = 0, count = nd->q_count;

		if (!(stay >> i & 1))
			continue;
		for (k = 0; k < count; k++) {
			struct sim_entry *e = queue_at(nd, k);

			for (j = 0; j < n && seen[j] != e; j++)
				;
			if (j == n) {
				bool out = e->sender < SIM_NODES && !(stay >> e->sender & 1);
				bool lost = out && !(e->delivered & stay) &&
					    (cut >> e->sender & 1 || !sim_pick(s, 2));

				CM_ASSERT(n < 256);
				if (lost)
					cut |= 1u << e->sender;
				seen[n] = e;
				e->refs++;
				copy[n++] = lost ? NULL : entry_copy(e, stay);
				if (lost)
					sim_mark(s, MARK_lost_messages);
			}
			entry_put(e);
			if (!copy[j])
				continue;
			copy[j]->refs++;
			nd->queue[(nd->q_head + kept++) % SIM_QUEUE] = copy[j];
		}
		nd->q_count = kept;
	}
	for (j = 0; j < n; j++) {
		entry_put(seen[j]);
		if (copy[j])
			entry_put(copy[j]);
	}
}

static void view_put(struct sim *s, uint32_t to, uint32_t members, uint64_t nr, uint32_t ring,
		     bool is_flash)
{
	struct sim_entry *e = calloc(1, sizeof(*e));
	uint32_t i;

	CM_ASSERT(e);
	e->refs = 1;
	e->sender = SIM_NODES;
	e->view_nr = nr;
	e->members = members;
	e->is_quorate = sim_net_is_quorate(s, ring);
	e->is_flash = is_flash;
	sim_trace(s, NULL, "view %llu of nodes 0x%x%s%s", (unsigned long long)nr, members,
		  e->is_quorate ? "" : ", no quorum", is_flash ? ", over at once" : "");
	for (i = 0; i < s->node_count; i++)
		if (to >> i & 1)
			queue_put(&s->node[i], e);
	entry_put(e);
}

/* Members of @group that were in this ring's last view in another life. */
static uint32_t reborn(const struct sim *s, uint32_t group)
{
	uint32_t mask = 0, i, k;

	for (i = 0; i < s->node_count; i++)
		for (k = 0; k < s->node_count; k++)
			if (group >> i & 1 && group >> k & 1 && i != k &&
			    s->node[i].group >> i & 1 &&
			    s->node[i].group_gen[i] == s->node[i].daemon_gen &&
			    s->node[i].group >> k & 1 &&
			    s->node[i].group_gen[k] != s->node[k].daemon_gen)
				mask |= 1u << k;
	return mask;
}

/* Who was together with whom: settle each old ring's part by itself. */
static void parts_settle(struct sim *s, uint32_t group)
{
	uint32_t left = group, i, k, part;

	for (i = 0; i < s->node_count; i++) {
		if (!(left >> i & 1))
			continue;
		part = 1u << i;
		for (k = i + 1; k < s->node_count; k++)
			if (left >> k & 1 && s->node[i].group == s->node[k].group &&
			    s->node[i].view_nr && s->node[i].group >> k & 1)
				part |= 1u << k;
		queues_settle(s, part);
		check_lineage_split(s, part);
		left &= ~part;
	}
}

static void ring_form(struct sim *s, uint32_t ring)
{
	uint32_t group = 0, again, i, k;
	bool is_same = true;
	uint64_t nr = 0;

	for (i = 0; i < s->node_count; i++) {
		if (!(ring >> i & 1))
			continue;
		if (s->node[i].ring_nr > nr)
			nr = s->node[i].ring_nr;
		if (s->node[i].has_daemon)
			group |= 1u << i;
		if (s->node[i].ring != ring)
			is_same = false;
	}
	for (i = 0; i < s->node_count; i++)
		for (k = 0; k < s->node_count; k++)
			if (group >> i & 1 && (s->node[i].group != group || (group >> k & 1 &&
			    s->node[i].group_gen[k] != s->node[k].daemon_gen)))
				is_same = false;
	if (is_same)
		return;
	again = reborn(s, group);
	parts_settle(s, group);
	if (again)
		view_put(s, group & ~again, group & ~again, ++nr, ring & ~again, true);
	nr++;
	for (i = 0; i < s->node_count; i++) {
		if (!(ring >> i & 1))
			continue;
		s->node[i].ring_nr = nr;
		s->node[i].ring = ring;
		s->node[i].group = s->node[i].has_daemon ? group : 0;
		for (k = 0; k < s->node_count; k++)
			s->node[i].group_gen[k] = s->node[k].daemon_gen;
	}
	if (group)
		view_put(s, group, group, nr, ring, false);
}

/* Of a node that is back, the locks of its former life are free. */
static void returned(struct sim *s)
{
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		if (!s->node[i].is_up || !s->node[i].ring)
			continue;
		sim_locks_node_gone(&s->node[i]);
		sim_app_unlock(&s->node[i]);
	}
}

static void reform(struct sim *s, const struct sim_ev *ev)
{
	uint32_t ring[2] = { 0, 0 }, all = (1u << s->node_count) - 1, i, k;

	(void)ev;
	for (i = 0; i < s->node_count; i++)
		if (s->node[i].is_up)
			ring[s->is_partitioned ? s->node[i].side : 0] |= 1u << i;
	ring_form(s, ring[0]);
	ring_form(s, ring[1]);
	for (i = 0; i < s->node_count; i++) {
		if (!s->node[i].is_up || !sim_net_is_quorate(s, s->node[i].ring))
			continue;
		for (k = 0; k < s->node_count; k++)
			if ((all & ~s->node[i].ring) >> k & 1)
				sim_fence_soon(&s->node[i], k);
	}
	returned(s);
	sim_locks_poll(s);
}

void sim_net_changed(struct sim *s, uint64_t delay_us)
{
	sim_chan(sim_after(s, delay_us, reform), CHAN_REFORM, 0);
}

/* What corosync has already taken from the daemon is still ordered, before its departure. */
void sim_net_daemon_gone(struct sim_node *nd)
{
	struct sim *s = nd->s;

	packets_cut(nd, nd->is_up && is_ring_whole(nd));
	while (nd->out_head) {
		struct sim_packet *p = nd->out_head;

		nd->out_head = p->next;
		order(nd, p->buf, p->len_bytes);
		free(p);
	}
	nd->out_tail = NULL;
	queue_clear(nd);
	nd->group = 0;
	nd->view_nr = 0;
	nd->view_members = 0;
	if (nd->is_up)
		sim_net_changed(s, sim_between(s, 1, 50) * US_MS);
}

/* The node is off. */
void sim_net_drop(struct sim_node *nd)
{
	packets_cut(nd, false);
	queue_clear(nd);
	nd->ring = 0;
	nd->group = 0;
}

uint64_t sim_net_hash(const struct sim_node *nd, uint64_t seed)
{
	const struct sim_packet *p;

	for (p = nd->out_head; p; p = p->next)
		seed = cm_digest64(seed, p->buf, p->len_bytes);
	return seed;
}

const char *sim_entry_name(const struct sim_entry *e)
{
	struct wire_msg msg;

	if (e->sender == SIM_NODES)
		return "a view";
	return wire_decode(e->buf, e->len_bytes, &msg) ? "?" : wire_type_name(msg.type);
}
