/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_view.h - how the members of a process group agree on numbered views. Pure; any one thread.
 *
 * What the group service (corosync's CPG) gives, within one ring (one membership of nodes):
 *  - a single order of messages and of group changes (a process joins or leaves), the same for all;
 * and between rings:
 *  - those who move together have seen the same up to the change; then come, in a row, group
 *    changes (who is gone, who came: different lists on the two sides of a merge), and last the new
 *    ring id with its nodes, at one place of the order of the new ring.
 * It gives no number to a change, a newcomer does not know how many changes the ring has seen, and
 * there are cases where the lists of two members differ (a process that joins or dies while the
 * rings change, members left over from nodes that are gone).
 *
 * So a view is what a message says. After every group change and every ring, the member that has to
 * (the lowest of the last view that is still there) multicasts a proposal: ring, number, the exact
 * list of processes. The view begins, for everybody, where the first proposal is delivered that
 *  (1) is of this ring,
 *  (2) has the next number (in a ring 2, 4, 6 ...; a newcomer knows none and takes any),
 *  (3) lists exactly the processes that the receiver sees in the group at this place of the order.
 * Why that is one and the same view for all:
 *  - Numbers and lists change only at events that have one place in the order, so whoever has the
 *    same list at this place decides the same; who has another list takes no part in the view.
 *  - A newcomer may skip (2): a proposal that lists it was made after its maker saw it join, hence
 *    after its maker saw every proposal that came before, so its number is fresh; and of two fresh
 *    ones with the same number the first is taken by all, and the second is old for all.
 *  - A proposal overtaken by another change fails (3) for all; the change has made its maker, or
 *    who takes over from it, propose again.
 * Who may propose must know the number: members of a view; a newcomer when all who were in the
 * group before it are gone (then nobody of this ring's views is left; it starts at 2).
 * Nobody waits for a chosen one for ever: clv_retry() lets every entitled member propose.
 *
 * nr = ring seq << 20 | number. Ring seqs grow, and two rings with one seq have no node in common.
 * (If all members of a group leave and new ones come within one ring, numbers start again; nobody
 * is left who could compare.)
 *
 * Left and back: a member that left the group and is back (another process of the node, or the same
 * after the node was cut off) must be seen to leave. If the accepted list has it again, a view with
 * the odd number before, of those who were together all the time, is announced first.
 *
 * Messages of the application are delivered in the view that is announced at their place of the
 * order, and only from processes of that view: between change and proposal still the old one. A
 * newcomer sends nothing and delivers nothing before its first view.
 *
 * Two processes of one node in the group (an old one, slow to die, and its successor): the proposal
 * marks the successor as waiting; it is listed but not a member until the old one is gone. After a
 * merge the proposer may know neither, and then the old one may be displaced.
 */
#ifndef CM_CLUSTER_CLU_VIEW_H
#define CM_CLUSTER_CLU_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "lib/cluster/clu.h"

#define CLV_PROCS_MAX	CLU_NODES_MAX
#define CLV_NUMBER_BITS	20

struct clv_addr {
	uint32_t nodeid;
	uint32_t pid;
};

struct clv_ring {
	uint32_t nodeid;	/* of the ring's representative */
	uint64_t seq;
};

struct clv_proposal {
	struct clv_ring ring;
	uint32_t number;	/* even, >= 2, < 1 << CLV_NUMBER_BITS */
	uint32_t count;
	struct clv_addr proc[CLV_PROCS_MAX];	/* ascending by nodeid, then pid */
	bool is_waiting[CLV_PROCS_MAX];		/* listed, not a member (see above) */
};

/* One view to announce. */
struct clv_view {
	uint64_t nr;
	uint32_t member_count;
	uint32_t member[CLU_NODES_MAX];		/* node ids, ascending */
};

/* A set of processes; own use of clu_view.c. */
struct clv_procs {
	uint32_t count;
	struct clv_addr addr[CLV_PROCS_MAX];
};

/* The state of one member. All fields are clu_view.c's own; only here so that it can be embedded.*/
struct clv {
	struct clv_addr self;
	struct clv_ring ring;
	bool has_ring;
	bool has_joined;		/* our own join was delivered */
	bool is_member;			/* of a view */
	bool is_pending;		/* something changed since the last view */
	bool is_due;			/* we have to propose */
	uint32_t number;		/* of the last view in this ring, 0 none */
	bool knows_number;		/* false: a newcomer */
	uint64_t nr;			/* of the last view, 0 none */
	struct clv_ring view_ring;
	uint32_t node_count;
	uint32_t node[CLV_PROCS_MAX];	/* of the ring, ascending */
	struct clv_procs group;		/* as the group service says */
	struct clv_procs seniors;	/* a newcomer: who was there before */
	struct clv_procs view;		/* members of the last view */
	bool has_left[CLV_PROCS_MAX];	/* view.addr[i] left since; it may be back */
};

enum clv_result {
	CLV_IGNORED,
	CLV_ANNOUNCE,		/* one or two views */
	CLV_DISPLACED,		/* we are out: another process of our node has our place */
};

void clv_init(struct clv *clv, struct clv_addr self);

/*
 * The group service reports a change. Lists in any order, each <= CLV_PROCS_MAX; @joined and @left
 * may overlap (left, then joined).
 */
void clv_confchg(struct clv *clv, const struct clv_addr *members, uint32_t member_count,
		 const struct clv_addr *left, uint32_t left_count,
		 const struct clv_addr *joined, uint32_t joined_count);

/* The group service reports a ring; the first report may be of the ring we are in. */
void clv_totem(struct clv *clv, struct clv_ring ring, const uint32_t *nodes, uint32_t node_count);

/* We have to propose; the question to ask after every event. */
bool clv_is_due(const struct clv *clv);
/* The proposal to multicast now. To be asked at the moment of sending, only when due. */
void clv_propose(struct clv *clv, struct clv_proposal *out);
/* Nothing came of it for a while (a second): whoever may propose, does. */
void clv_retry(struct clv *clv);

/*
 * A proposal is delivered.
 *
 * @views       written for CLV_ANNOUNCE, to be announced in this order
 * @view_count  1 or 2
 */
enum clv_result clv_deliver(struct clv *clv, struct clv_addr from, const struct clv_proposal *prop,
			    struct clv_view views[2], uint32_t *view_count);

/* May a message from @from be handed up now? */
bool clv_is_deliverable(const struct clv *clv, struct clv_addr from);
/* Is a new view to come? */
bool clv_is_pending(const struct clv *clv);
/* Is the last view one of the ring we are in? */
bool clv_is_current(const struct clv *clv);

#endif
