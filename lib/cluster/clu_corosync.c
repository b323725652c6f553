/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corosync provider: CPG for groups and messages, quorum, cfg and cmap; locks from the DLM.
 *
 * How views come about is written in clu_view.h. Usable is a view that is
 *  - of the ring that CPG is in: not one that is being replaced;
 *  - quorate, by a word of the quorum service about this same ring: the two services tell of a
 *    new ring in any order, so for a moment the word about quorum may be about another ring;
 *  - held together with the own node lock, if locks are used: without it nobody is sure to find
 *    out when this node dies.
 */
#include "lib/cluster/clu_corosync.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cluster/clu_msg.h"

#define QUEUE_BYTES	(4u << 20)
#define DLM_HOLD_MS	1000u	/* dlm_controld needs some ten for it */

static bool is_usable(const struct coro *coro);
static void departed(struct coro *coro, const struct clv_view *next);

static struct coro *coro_of(const struct clu *clu)
{
	return CM_CONTAINER_OF((struct clu *)(uintptr_t)clu, struct coro, base);
}

uint64_t coro_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void coro_pause(void)
{
	const struct timespec pause = { .tv_nsec = 20000000 };

	nanosleep(&pause, NULL);
}

/* ---- life ---- */

static int coro_create(const struct clu_config *config, struct clu **out, struct cm_errmsg *err)
{
	uint32_t caps = CLU_CAP_MULTICAST | CLU_CAP_QUORUM | CLU_CAP_KILL_NODE | CLU_CAP_VETO_STOP;
	struct coro *coro;
	int r = -ENOMEM;

	coro = calloc(1, sizeof(*coro));
	if (!coro) {
		cm_err_set(err, "cluster provider corosync: %s", cm_strerror(r));
		return r;
	}
	if (config->with_locks)
		caps |= CLU_CAP_OWN | CLU_CAP_PROVE_DEAD;
	clu_base_init(&coro->base, &clu_corosync_ops, caps, config);
	coro->allow_no_fencing = config->allow_no_fencing;
	coro->create_until_ms = coro_now_ms() + CLU_CREATE_MS;
	snprintf(coro->group, sizeof(coro->group), "%s", config->group);
	r = clu_sendq_create(&coro->queue, QUEUE_BYTES);
	if (r)
		cm_err_set(err, "send queue: %s", cm_strerror(r));
	if (r == 0)
		r = coro_cfg_open(coro, err);
	if (r == 0)
		r = coro_quorum_open(coro, err);
	if (r == 0 && config->with_locks)
		r = coro_lock_open(coro, err);
	/* Last: from the join on, others count on us. */
	if (r == 0)
		r = coro_cpg_open(coro, err);
	if (r) {
		/* Not cleanly: there may be mirrors of a former process that need its locks. */
		clu_corosync_ops.destroy(&coro->base, false);
		return r;
	}
	*out = &coro->base;
	return 0;
}

static void coro_destroy(struct clu *clu, bool leave_clean)
{
	struct coro *coro = coro_of(clu);

	/* First: whoever hears that we left may ask for our locks. */
	coro_cpg_close(coro);
	coro_lock_close(coro, leave_clean);
	coro_quorum_close(coro);
	coro_cfg_close(coro);
	clu_sendq_destroy(&coro->queue);
	free(coro);
}

void coro_lost(struct coro *coro, const char *fmt, ...)
{
	va_list args;

	if (coro->is_lost)
		return;
	coro->is_lost = true;
	va_start(args, fmt);
	vsnprintf(coro->lost_reason, sizeof(coro->lost_reason), fmt, args);
	va_end(args);
}

/*
 * Out of clu_dispatch() only: it may be clu_send() that finds corosync gone, called in the middle
 * of a step of the core.
 */
static void tell_lost(struct coro *coro)
{
	if (!coro->is_lost || coro->is_lost_told)
		return;
	coro->is_lost_told = true;
	if (coro->view.usable) {
		coro->view.usable = false;
		clu_emit_view_change(&coro->base, &coro->view);
	}
	clu_emit_lost(&coro->base, coro->lost_reason);
}

/* ---- views ---- */

static bool is_usable(const struct coro *coro)
{
	return coro->is_quorate && clv_is_current(&coro->clv) &&
	       coro->quorum_ring.nodeid == coro->clv.ring.nodeid &&
	       coro->quorum_ring.seq == coro->clv.ring.seq &&
	       (!coro->dlm || coro->has_node_lock) && !coro->is_lost;
}

void coro_announce(struct coro *coro, const struct clv_view *view, bool is_last)
{
	departed(coro, view);
	coro->view.nr = view->nr;
	coro->view.member_count = view->member_count;
	memcpy(coro->view.member, view->member, view->member_count * sizeof(view->member[0]));
	coro->view.quorate = coro->is_quorate;
	coro->view.usable = is_last && is_usable(coro);
	if (coro->first_view_ms == 0)
		coro->first_view_ms = coro_now_ms();
	clu_emit_view(&coro->base, &coro->view);
}

void coro_update(struct coro *coro)
{
	bool usable = is_usable(coro);

	if (coro->view.nr == 0 || coro->is_lost ||
	    (coro->view.usable == usable && coro->view.quorate == coro->is_quorate))
		return;
	coro->view.usable = usable;
	coro->view.quorate = coro->is_quorate;
	clu_emit_view_change(&coro->base, &coro->view);
}

/*
 * Note when nodes leave: without fencing that is all a proof can go by. The lock manager hears of
 * it at the same moment, and must have stopped before it is asked for anything.
 */
static void departed(struct coro *coro, const struct clv_view *next)
{
	struct coro_node *node;
	uint32_t i, j;

	for (i = 0; i < coro->view.member_count; i++) {
		for (j = 0; j < next->member_count; j++)
			if (next->member[j] == coro->view.member[i])
				break;
		node = coro_node(coro, coro->view.member[i]);
		if (j == next->member_count && node)
			node->departed_ms = coro_now_ms();
		if (j == next->member_count && coro->dlm)
			clu_dlm_hold(coro->dlm, DLM_HOLD_MS);
	}
}

bool coro_is_member(const struct coro *coro, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < coro->view.member_count; i++)
		if (coro->view.member[i] == nodeid)
			return true;
	return false;
}

struct coro_node *coro_node(struct coro *coro, uint32_t nodeid)
{
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(coro->node); i++) {
		if (coro->node[i].nodeid == nodeid)
			return &coro->node[i];
		if (coro->node[i].nodeid == 0) {
			coro->node[i].nodeid = nodeid;
			return &coro->node[i];
		}
	}
	return NULL;
}

/* ---- the table ---- */

static uint32_t coro_nodeid(const struct clu *clu)
{
	return coro_of(clu)->nodeid;
}

static bool coro_fencing_on(const struct clu *clu)
{
	const struct coro *coro = coro_of(clu);

	return coro->dlm && clu_dlm_fencing_on(coro->dlm);
}

static bool coro_node_lock_adopted(const struct clu *clu)
{
	const struct coro *coro = coro_of(clu);

	return coro->has_node_lock && coro->is_node_lock_adopted;
}

static uint32_t coro_fds(const struct clu *clu, int fds[CLU_FDS_MAX])
{
	const struct coro *coro = coro_of(clu);
	uint32_t n = 0;

	if (coro->is_lost)
		return 0;
	fds[n++] = coro->cpg_fd;
	fds[n++] = coro->quorum_fd;
	fds[n++] = coro->cfg_fd;
	if (coro->dlm)
		fds[n++] = clu_dlm_fd(coro->dlm);
	return n;
}

static int coro_timeout_ms(const struct clu *clu)
{
	const struct coro *coro = coro_of(clu);
	int cpg_ms, lock_ms;

	if (coro->is_lost)
		return coro->is_lost_told ? -1 : 0;
	cpg_ms = coro_cpg_timeout_ms(coro);
	lock_ms = coro->dlm ? coro_lock_timeout_ms(coro) : -1;
	if (cpg_ms < 0 || lock_ms < 0)
		return cpg_ms < 0 ? lock_ms : cpg_ms;
	return cpg_ms < lock_ms ? cpg_ms : lock_ms;
}

static void coro_dispatch(struct clu *clu)
{
	struct coro *coro = coro_of(clu);

	if (!coro->is_lost)
		coro_quorum_dispatch(coro);
	if (!coro->is_lost)
		coro_cfg_dispatch(coro);
	if (!coro->is_lost)
		coro_cpg_dispatch(coro);
	if (!coro->is_lost && coro->dlm)
		coro_lock_dispatch(coro);
	if (!coro->is_lost)
		coro_cpg_flush(coro);
	tell_lost(coro);
}

static int coro_own(struct clu *clu, const char *name)
{
	struct coro *coro = coro_of(clu);

	return coro->is_lost ? CM_E_CLU_LOST : clu_dlm_want(coro->dlm, name, CLU_DLM_KEPT);
}

static void coro_disown(struct clu *clu, const char *name)
{
	struct coro *coro = coro_of(clu);

	if (coro->dlm)
		clu_dlm_unwant(coro->dlm, name);
}

static int coro_prove_dead(struct clu *clu, uint32_t nodeid)
{
	struct coro *coro = coro_of(clu);

	return coro->is_lost ? CM_E_CLU_LOST : coro_lock_prove(coro, nodeid);
}

static void coro_proof_release(struct clu *clu, uint32_t nodeid)
{
	struct coro *coro = coro_of(clu);

	if (coro->dlm)
		coro_lock_release(coro, nodeid);
}

static int coro_kill_node(struct clu *clu, uint32_t nodeid, const char *reason)
{
	struct coro *coro = coro_of(clu);

	return coro->is_lost ? CM_E_CLU_LOST : coro_cfg_kill(coro, nodeid, reason);
}

static int coro_send(struct clu *clu, const void *buf, size_t len_bytes)
{
	struct coro *coro = coro_of(clu);
	uint8_t head[CLU_MSG_HEAD_BYTES];
	int r;

	if (coro->is_lost)
		return CM_E_CLU_LOST;
	clu_msg_head(head, CLU_MSG_APP);
	r = clu_sendq_push(&coro->queue, head, sizeof(head), buf, len_bytes);
	if (r)
		return r;
	/* At once: the first of a quiet time need not wait for the end of the round. */
	coro_cpg_flush(coro);
	return 0;
}

static size_t coro_send_room(const struct clu *clu)
{
	size_t room = clu_sendq_room(&coro_of(clu)->queue);

	return room > CLU_MSG_HEAD_BYTES ? room - CLU_MSG_HEAD_BYTES : 0;
}

static const char *coro_node_name(const struct clu *clu, uint32_t nodeid)
{
	const struct coro_node *node = coro_node(coro_of(clu), nodeid);

	return node && node->name[0] ? node->name : NULL;
}

const struct clu_ops clu_corosync_ops = {
	.name = "corosync",
	.why_not = "it was opened without locks",
	.create = coro_create,
	.destroy = coro_destroy,
	.nodeid = coro_nodeid,
	.fencing_on = coro_fencing_on,
	.node_lock_adopted = coro_node_lock_adopted,
	.fds = coro_fds,
	.timeout_ms = coro_timeout_ms,
	.dispatch = coro_dispatch,
	.send = coro_send,
	.send_room = coro_send_room,
	.own = coro_own,
	.disown = coro_disown,
	.prove_dead = coro_prove_dead,
	.proof_release = coro_proof_release,
	.kill_node = coro_kill_node,
	.node_name = coro_node_name,
};
