/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agreement on views: see clu_view.h for the reasoning.
 */
#include "lib/cluster/clu_view.h"

#include <string.h>

#define NUMBER_STEP	2u
#define NUMBER_END	(1u << CLV_NUMBER_BITS)

static int addr_cmp(struct clv_addr a, struct clv_addr b);
static bool ring_eq(struct clv_ring a, struct clv_ring b);
static int procs_find(const struct clv_procs *procs, struct clv_addr addr);
static void procs_set(struct clv_procs *procs, const struct clv_addr *addr, uint32_t count);
static void procs_remove(struct clv_procs *procs, struct clv_addr addr);
static bool list_has(const struct clv_addr *list, uint32_t count, struct clv_addr addr);
static void current_procs(const struct clv *clv, struct clv_procs *out);
static bool is_entitled(const struct clv *clv);
static bool has_senior(const struct clv *clv);
static bool is_chosen(const struct clv *clv);
static void changed(struct clv *clv);
static bool is_acceptable(const struct clv *clv, struct clv_addr from,
			  const struct clv_proposal *prop);
static enum clv_result displaced(struct clv *clv, const struct clv_proposal *prop,
				 const struct clv_procs *members);
static void members_of(const struct clv_proposal *prop, struct clv_procs *out);
static bool together(const struct clv *clv, const struct clv_procs *members,
		     struct clv_procs *out);
static void view_fill(const struct clv *clv, uint32_t number, const struct clv_procs *procs,
		      struct clv_view *out);
static void mark_waiting(const struct clv *clv, struct clv_proposal *prop);

void clv_init(struct clv *clv, struct clv_addr self)
{
	memset(clv, 0, sizeof(*clv));
	clv->self = self;
}

void clv_confchg(struct clv *clv, const struct clv_addr *members, uint32_t member_count,
		 const struct clv_addr *left, uint32_t left_count,
		 const struct clv_addr *joined, uint32_t joined_count)
{
	uint32_t i;
	int at;

	for (i = 0; i < left_count; i++) {
		at = procs_find(&clv->view, left[i]);
		if (at >= 0)
			clv->has_left[at] = true;
		procs_remove(&clv->seniors, left[i]);
	}
	procs_set(&clv->group, members, member_count);
	/* The list is the truth, should a departure ever not have been reported. */
	for (i = 0; i < clv->view.count; i++)
		if (procs_find(&clv->group, clv->view.addr[i]) < 0)
			clv->has_left[i] = true;
	for (i = clv->seniors.count; i-- > 0;)
		if (procs_find(&clv->group, clv->seniors.addr[i]) < 0)
			procs_remove(&clv->seniors, clv->seniors.addr[i]);

	if (!clv->has_joined && procs_find(&clv->group, clv->self) >= 0) {
		clv->has_joined = true;
		for (i = 0; i < clv->group.count; i++)
			if (!list_has(joined, joined_count, clv->group.addr[i]))
				clv->seniors.addr[clv->seniors.count++] = clv->group.addr[i];
	}
	changed(clv);
}

void clv_totem(struct clv *clv, struct clv_ring ring, const uint32_t *nodes, uint32_t node_count)
{
	uint32_t i, j;

	CM_ASSERT(node_count <= CLV_PROCS_MAX);
	if (!clv->has_ring || !ring_eq(clv->ring, ring))
		clv->number = 0;
	clv->ring = ring;
	clv->has_ring = true;
	for (i = 0; i < node_count; i++) {
		for (j = i; j > 0 && clv->node[j - 1] > nodes[i]; j--)
			clv->node[j] = clv->node[j - 1];
		clv->node[j] = nodes[i];
	}
	clv->node_count = node_count;
	for (i = 0; i < clv->view.count; i++) {
		for (j = 0; j < node_count && clv->node[j] != clv->view.addr[i].nodeid; j++)
			;
		if (j == node_count)
			clv->has_left[i] = true;
	}
	changed(clv);
}

bool clv_is_due(const struct clv *clv)
{
	return clv->is_due;
}

void clv_propose(struct clv *clv, struct clv_proposal *out)
{
	struct clv_procs procs;

	CM_ASSERT(clv->is_due);
	clv->is_due = false;
	current_procs(clv, &procs);
	memset(out, 0, sizeof(*out));
	out->ring = clv->ring;
	out->number = clv->number + NUMBER_STEP;
	out->count = procs.count;
	memcpy(out->proc, procs.addr, procs.count * sizeof(procs.addr[0]));
	mark_waiting(clv, out);
}

void clv_retry(struct clv *clv)
{
	if (clv->is_pending && is_entitled(clv))
		clv->is_due = true;
}

enum clv_result clv_deliver(struct clv *clv, struct clv_addr from, const struct clv_proposal *prop,
			    struct clv_view views[2], uint32_t *view_count)
{
	struct clv_procs members, kept;
	uint32_t n = 0;

	if (!is_acceptable(clv, from, prop))
		return CLV_IGNORED;
	members_of(prop, &members);
	if (procs_find(&members, clv->self) < 0)
		return displaced(clv, prop, &members);

	if (clv->is_member && together(clv, &members, &kept))
		view_fill(clv, prop->number - 1, &kept, &views[n++]);
	view_fill(clv, prop->number, &members, &views[n++]);

	clv->number = prop->number;
	clv->knows_number = true;
	clv->nr = views[n - 1].nr;
	clv->view_ring = clv->ring;
	clv->view = members;
	memset(clv->has_left, 0, sizeof(clv->has_left));
	clv->seniors.count = 0;
	clv->is_member = true;
	clv->is_pending = false;
	clv->is_due = false;
	*view_count = n;
	return CLV_ANNOUNCE;
}

/*
 * Another process of our node is a member. A newcomer waits for it to go: those in the view are
 * before it now, even who joined after it. The number is used up for us too: another proposal with
 * it, which others ignore, may be on its way and give us the place.
 */
static enum clv_result displaced(struct clv *clv, const struct clv_proposal *prop,
				 const struct clv_procs *members)
{
	bool was_member = clv->is_member;

	clv->number = prop->number;
	clv->knows_number = true;
	clv->seniors = *members;
	clv->is_member = false;
	clv->is_due = false;
	return was_member ? CLV_DISPLACED : CLV_IGNORED;
}

bool clv_is_deliverable(const struct clv *clv, struct clv_addr from)
{
	int at = procs_find(&clv->view, from);

	return clv->is_member && at >= 0 && !clv->has_left[at];
}

bool clv_is_pending(const struct clv *clv)
{
	return clv->is_pending;
}

bool clv_is_current(const struct clv *clv)
{
	return clv->is_member && clv->has_ring && ring_eq(clv->ring, clv->view_ring);
}

/* ---- the rules ---- */

/*
 * A group or ring change: a new view is to come. Proposals of ours that are on their way are void
 * (they list another group, or name another ring), so it is decided anew who proposes.
 */
static void changed(struct clv *clv)
{
	clv->is_pending = true;
	clv->is_due = is_entitled(clv) && is_chosen(clv);
}

static bool is_entitled(const struct clv *clv)
{
	return clv->has_ring && clv->has_joined && clv->number + NUMBER_STEP < NUMBER_END &&
	       (clv->is_member || !has_senior(clv));
}

/* Is somebody there who was before us? Ghosts do not count. */
static bool has_senior(const struct clv *clv)
{
	struct clv_procs procs;
	uint32_t i;

	current_procs(clv, &procs);
	for (i = 0; i < clv->seniors.count; i++)
		if (procs_find(&procs, clv->seniors.addr[i]) >= 0)
			return true;
	return false;
}

/*
 * Of those who were together in the last view, the lowest. On the two sides of a merge there is one
 * each: the second proposal is ignored by all.
 */
static bool is_chosen(const struct clv *clv)
{
	uint32_t i;

	if (!clv->is_member)
		return true;
	for (i = 0; i < clv->view.count; i++)
		if (!clv->has_left[i] && procs_find(&clv->group, clv->view.addr[i]) >= 0)
			return addr_cmp(clv->view.addr[i], clv->self) == 0;
	return false;
}

static bool is_acceptable(const struct clv *clv, struct clv_addr from,
			  const struct clv_proposal *prop)
{
	struct clv_procs procs;
	uint32_t i;

	if (!clv->has_joined || !clv->has_ring || !ring_eq(prop->ring, clv->ring))
		return false;
	if ((clv->knows_number || !has_senior(clv)) &&
	    prop->number != clv->number + NUMBER_STEP)
		return false;
	current_procs(clv, &procs);
	if (procs_find(&procs, from) < 0 || procs_find(&procs, clv->self) < 0 ||
	    procs.count != prop->count)
		return false;
	for (i = 0; i < procs.count; i++)
		if (addr_cmp(procs.addr[i], prop->proc[i]) != 0)
			return false;
	return true;
}

/* The group without ghosts: members whose node is not in the ring. */
static void current_procs(const struct clv *clv, struct clv_procs *out)
{
	uint32_t i, j;

	out->count = 0;
	for (i = 0; i < clv->group.count; i++)
		for (j = 0; j < clv->node_count; j++)
			if (clv->node[j] == clv->group.addr[i].nodeid) {
				out->addr[out->count++] = clv->group.addr[i];
				break;
			}
}

/*
 * Of several processes of one node one is a member: the one that is so already, else the lowest
 * pid. The proposer decides, for a newcomer cannot know.
 */
static void mark_waiting(const struct clv *clv, struct clv_proposal *prop)
{
	uint32_t i, first, member;
	int at;

	for (first = 0; first < prop->count; first = i) {
		member = first;
		for (i = first; i < prop->count; i++) {
			if (prop->proc[i].nodeid != prop->proc[first].nodeid)
				break;
			at = procs_find(&clv->view, prop->proc[i]);
			if (at >= 0 && !clv->has_left[at])
				member = i;
		}
		for (i = first; i < prop->count; i++) {
			if (prop->proc[i].nodeid != prop->proc[first].nodeid)
				break;
			prop->is_waiting[i] = i != member;
		}
	}
}

static void members_of(const struct clv_proposal *prop, struct clv_procs *out)
{
	uint32_t i;

	out->count = 0;
	for (i = 0; i < prop->count; i++)
		if (!prop->is_waiting[i])
			out->addr[out->count++] = prop->proc[i];
}

/*
 * Who of the last view is in the new one without a gap. Returns whether somebody else of it is in
 * the new one too: then the view of @out must be announced in between.
 */
static bool together(const struct clv *clv, const struct clv_procs *members,
		     struct clv_procs *out)
{
	bool is_back = false;
	uint32_t i, j;

	out->count = 0;
	for (i = 0; i < clv->view.count; i++) {
		if (!clv->has_left[i] && procs_find(members, clv->view.addr[i]) >= 0) {
			out->addr[out->count++] = clv->view.addr[i];
			continue;
		}
		for (j = 0; j < members->count; j++)
			is_back |= members->addr[j].nodeid == clv->view.addr[i].nodeid;
	}
	return is_back;
}

static void view_fill(const struct clv *clv, uint32_t number, const struct clv_procs *procs,
		      struct clv_view *out)
{
	uint32_t i;

	out->nr = clv->ring.seq << CLV_NUMBER_BITS | number;
	out->member_count = procs->count;
	for (i = 0; i < procs->count; i++)
		out->member[i] = procs->addr[i].nodeid;
}

/* ---- sets ---- */

static int addr_cmp(struct clv_addr a, struct clv_addr b)
{
	if (a.nodeid != b.nodeid)
		return a.nodeid < b.nodeid ? -1 : 1;
	if (a.pid != b.pid)
		return a.pid < b.pid ? -1 : 1;
	return 0;
}

static bool ring_eq(struct clv_ring a, struct clv_ring b)
{
	return a.nodeid == b.nodeid && a.seq == b.seq;
}

static bool list_has(const struct clv_addr *list, uint32_t count, struct clv_addr addr)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (addr_cmp(list[i], addr) == 0)
			return true;
	return false;
}

static int procs_find(const struct clv_procs *procs, struct clv_addr addr)
{
	uint32_t i;

	for (i = 0; i < procs->count; i++)
		if (addr_cmp(procs->addr[i], addr) == 0)
			return (int)i;
	return -1;
}

static void procs_set(struct clv_procs *procs, const struct clv_addr *addr, uint32_t count)
{
	uint32_t i, j;

	CM_ASSERT(count <= CLV_PROCS_MAX);
	for (i = 0; i < count; i++) {
		for (j = i; j > 0 && addr_cmp(procs->addr[j - 1], addr[i]) > 0; j--)
			procs->addr[j] = procs->addr[j - 1];
		procs->addr[j] = addr[i];
	}
	procs->count = count;
}

static void procs_remove(struct clv_procs *procs, struct clv_addr addr)
{
	int at = procs_find(procs, addr);

	if (at < 0)
		return;
	procs->count--;
	memmove(&procs->addr[at], &procs->addr[at + 1],
		(procs->count - (uint32_t)at) * sizeof(procs->addr[0]));
}
