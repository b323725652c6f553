/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What locks mean: "node:<id>" is held by the daemon of that node from its start to its node's
 * death; whoever gets it from a departed node knows that the node was fenced.
 *
 * A grant is a proof only
 *  - while the node is not a member: it holds its lock as long as it lives, so a free lock of a
 *    member is an alarm (a clean leave of the DLM, a lockspace torn away);
 *  - if fencing was on the whole time since it departed: the DLM grants without it too. With
 *    allow_no_fencing, waiting UNFENCED_MS since its departure stands in for fencing.
 */
#include "lib/cluster/clu_corosync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNFENCED_MS	60000u
#define NODE_LOCK	"node:"

static void lock_event(struct coro *coro, const struct clu_dlm_event *ev);
static void node_lock_event(struct coro *coro, const struct clu_dlm_event *ev);
static void proof_event(struct coro *coro, struct coro_node *node, const struct clu_dlm_event *ev);
static void judge(struct coro *coro, struct coro_node *node);
static void proof_end(struct coro *coro, struct coro_node *node, int result);
static void check_waiting(struct coro *coro);

int coro_lock_open(struct coro *coro, struct cm_errmsg *err)
{
	int r;

	if (strlen(coro->group) > CLU_DLM_NAME_MAX) {
		cm_err_set(err, "group name too long for a DLM lockspace");
		return -EINVAL;
	}
	r = clu_dlm_create(coro->group, !coro->allow_no_fencing, &coro->dlm, err);
	if (r)
		return r;
	snprintf(coro->node_lock, sizeof(coro->node_lock), NODE_LOCK "%u", coro->nodeid);
	return clu_dlm_want(coro->dlm, coro->node_lock, CLU_DLM_KEPT);
}

void coro_lock_close(struct coro *coro, bool leave_clean)
{
	if (coro->dlm)
		clu_dlm_destroy(coro->dlm, leave_clean, CLU_STOP_MS);
	coro->dlm = NULL;
}

void coro_lock_dispatch(struct coro *coro)
{
	struct clu_dlm_event ev;

	while (!coro->is_lost && clu_dlm_next(coro->dlm, &ev))
		lock_event(coro, &ev);
	if (!coro->is_lost)
		check_waiting(coro);
}

static void lock_event(struct coro *coro, const struct clu_dlm_event *ev)
{
	struct coro_node *node;

	if (ev->is_lost) {
		if (coro->has_node_lock) {
			coro->has_node_lock = false;
			clu_emit_node_lock(&coro->base, false);
		}
		coro_lost(coro, "%s", ev->reason);
		return;
	}
	if (strcmp(ev->name, coro->node_lock) == 0) {
		node_lock_event(coro, ev);
	} else if (strncmp(ev->name, NODE_LOCK, strlen(NODE_LOCK)) == 0) {
		node = coro_node(coro, (uint32_t)strtoul(ev->name + strlen(NODE_LOCK), NULL, 10));
		if (node && node->is_proof_asked)
			proof_event(coro, node, ev);
	} else {
		clu_emit_owned(&coro->base, ev->name, ev->result);
	}
}

static void node_lock_event(struct coro *coro, const struct clu_dlm_event *ev)
{
	if (ev->result) {
		coro_lost(coro, "the DLM refuses the lock of this node: %s",
			  cm_strerror(ev->result));
		return;
	}
	coro->has_node_lock = true;
	coro->is_node_lock_adopted = ev->is_adopted;
	clu_emit_node_lock(&coro->base, true);
	coro_update(coro);
}

/* ---- proofs ---- */

int coro_lock_prove(struct coro *coro, uint32_t nodeid)
{
	struct coro_node *node = coro_node(coro, nodeid);
	char name[24];
	int r;

	if (!node)
		return -ENOMEM;
	snprintf(name, sizeof(name), NODE_LOCK "%u", nodeid);
	r = clu_dlm_want(coro->dlm, name, CLU_DLM_PASSING);
	if (r)
		return r;
	node->is_proof_asked = true;
	return 0;
}

void coro_lock_release(struct coro *coro, uint32_t nodeid)
{
	struct coro_node *node = coro_node(coro, nodeid);
	char name[24];

	if (!node || !node->is_proof_asked)
		return;
	snprintf(name, sizeof(name), NODE_LOCK "%u", nodeid);
	clu_dlm_unwant(coro->dlm, name);
	node->is_proof_asked = false;
	node->is_proof_granted = false;
	node->is_proof_told = false;
}

/* Since when the node is gone, at the latest. */
static uint64_t gone_since_ms(const struct coro *coro, const struct coro_node *node)
{
	return node->departed_ms ? node->departed_ms : coro->first_view_ms;
}

static void proof_event(struct coro *coro, struct coro_node *node, const struct clu_dlm_event *ev)
{
	uint64_t off_ms = clu_dlm_fencing_off_ms(coro->dlm);

	if (ev->result) {
		proof_end(coro, node, CM_E_CLU_LOST);
		return;
	}
	node->is_proof_granted = true;
	node->is_proof_fenced = ev->fencing_on && off_ms <= gone_since_ms(coro, node);
	judge(coro, node);
}

/* A granted proof: say what it is worth, or leave it to the clock. */
static void judge(struct coro *coro, struct coro_node *node)
{
	if (coro->first_view_ms == 0 || clv_is_pending(&coro->clv))
		return;		/* nobody knows yet who is a member */
	if (node->is_proof_told)
		proof_end(coro, node, 0);
	else if (coro_is_member(coro, node->nodeid))
		proof_end(coro, node, -EALREADY);
	else if (node->is_proof_fenced)
		proof_end(coro, node, 0);
	else if (!coro->allow_no_fencing)
		proof_end(coro, node, CM_E_CLU_NO_FENCING);
	else if (coro_now_ms() >= gone_since_ms(coro, node) + UNFENCED_MS)
		proof_end(coro, node, 0);
}

static void proof_end(struct coro *coro, struct coro_node *node, int result)
{
	if (result)
		coro_lock_release(coro, node->nodeid);
	else
		node->is_proof_told = true;
	clu_emit_dead(&coro->base, node->nodeid, result);
}

static bool is_waiting(const struct coro_node *node)
{
	return node->nodeid && node->is_proof_granted && !node->is_proof_told;
}

static void check_waiting(struct coro *coro)
{
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(coro->node) && !coro->is_lost; i++)
		if (is_waiting(&coro->node[i]))
			judge(coro, &coro->node[i]);
}

int coro_lock_timeout_ms(const struct coro *coro)
{
	uint64_t now = coro_now_ms(), at = UINT64_MAX, end;
	size_t i;

	if (coro->first_view_ms == 0 || clv_is_pending(&coro->clv))
		return -1;	/* the next view is waited for, not the clock */
	for (i = 0; i < CM_ARRAY_COUNT(coro->node); i++) {
		if (!is_waiting(&coro->node[i]))
			continue;
		end = coro->node[i].is_proof_fenced ? 0 :
			gone_since_ms(coro, &coro->node[i]) + UNFENCED_MS;
		at = end < at ? end : at;
	}
	if (at == UINT64_MAX)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}
