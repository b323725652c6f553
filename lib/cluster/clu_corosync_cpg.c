/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process group: CPG's callbacks into the view agreement, the send queue, delivery.
 *
 * CPG says TRY_AGAIN while it synchronises after a ring change and when its queues are full. Then
 * nothing is sent for RETRY_MS, but dispatching goes on: what is full may be our own inbound queue.
 *
 * Corosync queues for us without a limit. Who sends as fast as it can while it reads less than the
 * whole group sends falls behind for ever, and hears of a new ring minutes late (tried: three
 * flooding members, 64 read and 64 sent per round). So a round that did not empty the inbound queue
 * sends only so much that all members together send less than one reads.
 */
#include "lib/cluster/clu_corosync.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <corosync/corotypes.h>
#include <corosync/cpg.h>

#include "lib/cluster/clu_msg.h"

#define RETRY_MS	10u	/* after TRY_AGAIN */
#define PROPOSE_MS	1000u	/* a view that does not come is proposed by everybody */
#define STUCK_MS	30000u	/* then corosync's lists differ between nodes for good */
#define EVENTS_MAX	128u	/* per dispatch, so that other work is not starved */
#define SENDS_MAX	64u	/* from one dispatch to the next */

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t nodeid,
		       uint32_t pid, void *msg, size_t len_bytes);
static void on_confchg(cpg_handle_t handle, const struct cpg_name *group,
		       const struct cpg_address *members, size_t member_count,
		       const struct cpg_address *left, size_t left_count,
		       const struct cpg_address *joined, size_t joined_count);
static void on_totem(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t node_count,
		     const uint32_t *nodes);
static void join(struct coro *coro);
static void delivered(struct coro *coro, struct clv_addr from, const struct clv_proposal *prop);
static void check_pending(struct coro *coro);
static bool propose(struct coro *coro);
static bool send_bytes(struct coro *coro, const uint8_t *buf, size_t len_bytes);
static bool is_failed(struct coro *coro, cs_error_t r);

int coro_cpg_open(struct coro *coro, struct cm_errmsg *err)
{
	cpg_model_v1_data_t model = {
		.cpg_deliver_fn = on_deliver,
		.cpg_confchg_fn = on_confchg,
		.cpg_totem_confchg_fn = on_totem,
		.flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
	};
	cpg_handle_t handle;
	cs_error_t r;

	r = CORO_RETRY(coro->create_until_ms,
		       cpg_model_initialize(&handle, CPG_MODEL_V1, (cpg_model_data_t *)&model,
					    coro));
	if (r != CS_OK) {
		cm_err_set(err, "corosync's group service does not answer: %s", cs_strerror(r));
		return CM_E_CLU_NO_COROSYNC;
	}
	coro->cpg_handle = handle;
	if (cpg_fd_get(handle, &coro->cpg_fd) != CS_OK) {
		cm_err_set(err, "corosync's group service does not answer");
		return CM_E_CLU_NO_COROSYNC;
	}
	clv_init(&coro->clv, (struct clv_addr){ coro->nodeid, (uint32_t)getpid() });
	join(coro);
	if (!coro->is_lost)
		return 0;
	cm_err_set(err, "cannot join the group %s", coro->group);
	return CM_E_CLU_NO_COROSYNC;
}

/* CPG refuses while it synchronises, so this may have to be tried again (timeout, flush). */
static void join(struct coro *coro)
{
	struct cpg_name group = { .length = (uint32_t)strlen(coro->group) };
	cs_error_t r;

	memcpy(group.value, coro->group, group.length);
	r = cpg_join(coro->cpg_handle, &group);
	if (r == CS_OK || r == CS_ERR_EXIST)
		coro->has_asked_join = true;
	else if (r == CS_ERR_TRY_AGAIN)
		coro->send_blocked_ms = coro_now_ms() + RETRY_MS;
	else if (coro->view.nr == 0 && !coro->changed_ms)
		coro->is_lost = true;	/* still in clu_create(): no callback */
	else
		is_failed(coro, r);
	coro->changed_ms = coro_now_ms();
}

void coro_cpg_close(struct coro *coro)
{
	struct cpg_name group = { .length = (uint32_t)strlen(coro->group) };

	if (!coro->cpg_handle)
		return;
	memcpy(group.value, coro->group, group.length);
	/* Without it the others only learn a moment later, from the end of the connection. */
	if (!coro->is_lost)
		cpg_leave(coro->cpg_handle, &group);
	cpg_finalize(coro->cpg_handle);
	coro->cpg_handle = 0;
}

void coro_cpg_dispatch(struct coro *coro)
{
	uint32_t i;
	cs_error_t r;

	coro->send_quota = EVENTS_MAX / (2 * (coro->view.member_count + 1));
	for (i = 0; i < EVENTS_MAX && !coro->is_lost; i++) {
		r = cpg_dispatch(coro->cpg_handle, CS_DISPATCH_ONE_NONBLOCKING);
		if (r == CS_ERR_TRY_AGAIN) {
			coro->send_quota = SENDS_MAX;	/* nothing more to read */
			break;
		}
		if (is_failed(coro, r))
			return;
	}
	/* What is waited for may be behind what is not read yet, or not sent. */
	if (i == EVENTS_MAX || clv_is_due(&coro->clv))
		coro->changed_ms = coro_now_ms();
	check_pending(coro);
}

static bool is_failed(struct coro *coro, cs_error_t r)
{
	if (r == CS_OK || r == CS_ERR_TRY_AGAIN || r == CS_ERR_INTERRUPT)
		return false;
	coro_lost(coro, "corosync is gone (cpg: %s)", cs_strerror(r));
	return true;
}

/* ---- what CPG tells ---- */

static struct coro *coro_from(cpg_handle_t handle)
{
	void *context = NULL;

	if (cpg_context_get(handle, &context) != CS_OK)
		return NULL;
	return context;
}

static uint32_t addrs(const struct cpg_address *from, size_t count, struct clv_addr *to)
{
	size_t i;

	if (count > CLV_PROCS_MAX)
		count = CLV_PROCS_MAX;
	for (i = 0; i < count; i++)
		to[i] = (struct clv_addr){ from[i].nodeid, from[i].pid };
	return (uint32_t)count;
}

static void on_confchg(cpg_handle_t handle, const struct cpg_name *group,
		       const struct cpg_address *members, size_t member_count,
		       const struct cpg_address *left, size_t left_count,
		       const struct cpg_address *joined, size_t joined_count)
{
	struct clv_addr m[CLV_PROCS_MAX], l[CLV_PROCS_MAX], j[CLV_PROCS_MAX];
	struct coro *coro = coro_from(handle);
	uint32_t mc, lc, jc;

	(void)group;
	if (!coro || coro->is_lost)
		return;
	mc = addrs(members, member_count, m);
	lc = addrs(left, left_count, l);
	jc = addrs(joined, joined_count, j);
	clv_confchg(&coro->clv, m, mc, l, lc, j, jc);
	coro->changed_ms = coro_now_ms();
	coro->retry_ms = coro->changed_ms + PROPOSE_MS;
	coro_update(coro);
}

static void on_totem(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t node_count,
		     const uint32_t *nodes)
{
	struct coro *coro = coro_from(handle);

	if (!coro || coro->is_lost)
		return;
	if (node_count > CLV_PROCS_MAX) {
		coro_lost(coro, "more than %u nodes in the cluster", CLV_PROCS_MAX);
		return;
	}
	clv_totem(&coro->clv, (struct clv_ring){ ring.nodeid, ring.seq }, nodes, node_count);
	coro->changed_ms = coro_now_ms();
	coro->retry_ms = coro->changed_ms + PROPOSE_MS;
	coro_update(coro);
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t nodeid,
		       uint32_t pid, void *msg, size_t len_bytes)
{
	struct clv_addr from = { nodeid, pid };
	struct coro *coro = coro_from(handle);
	struct clv_proposal prop;
	enum clu_msg_type type;
	const uint8_t *buf = msg;

	(void)group;
	if (!coro || coro->is_lost)
		return;
	/* Whoever shares the group's name without being ours is not heard. */
	if (clu_msg_decode(buf, len_bytes, &type, &prop))
		return;
	if (type == CLU_MSG_PROPOSAL)
		delivered(coro, from, &prop);
	else if (clv_is_deliverable(&coro->clv, from))
		clu_emit_message(&coro->base, nodeid, buf + CLU_MSG_HEAD_BYTES,
				 len_bytes - CLU_MSG_HEAD_BYTES);
}

static void delivered(struct coro *coro, struct clv_addr from, const struct clv_proposal *prop)
{
	struct clv_view views[2];
	uint32_t i, count;

	switch (clv_deliver(&coro->clv, from, prop, views, &count)) {
	case CLV_IGNORED:
		break;
	case CLV_DISPLACED:
		coro_lost(coro, "another process of this node is in the group %s", coro->group);
		break;
	case CLV_ANNOUNCE:
		for (i = 0; i < count && !coro->is_lost; i++)
			coro_announce(coro, &views[i], i + 1 == count);
		break;
	}
}

/*
 * A view that does not come. Agreement fails only when corosync's own lists of the group differ
 * between nodes, and stay so; better to say so and end than to wait for ever.
 */
static void check_pending(struct coro *coro)
{
	uint64_t now = coro_now_ms();

	if (!clv_is_pending(&coro->clv) || coro->is_lost)
		return;
	if (now >= coro->retry_ms) {
		coro->retry_ms = now + PROPOSE_MS;
		clv_retry(&coro->clv);
	}
	if (now >= coro->changed_ms + STUCK_MS)
		coro_lost(coro, "the group %s found no agreement on its members for %u s",
			  coro->group, STUCK_MS / 1000);
}

/* ---- sending ---- */

void coro_cpg_flush(struct coro *coro)
{
	size_t len_bytes;
	const uint8_t *buf;

	if (coro->is_lost)
		return;
	if (coro->send_blocked_ms) {
		if (coro_now_ms() < coro->send_blocked_ms)
			return;
		coro->send_blocked_ms = 0;
	}
	if (!coro->has_asked_join)
		join(coro);
	if (clv_is_due(&coro->clv) && !propose(coro))
		return;
	while (coro->send_quota > 0 && coro->clv.is_member) {
		buf = clu_sendq_peek(&coro->queue, &len_bytes);
		if (!buf || !send_bytes(coro, buf, len_bytes))
			return;
		clu_sendq_pop(&coro->queue);
		coro->send_quota--;
	}
}

/* Returns whether it was sent. Made anew at each try: the group may have changed. */
static bool propose(struct coro *coro)
{
	uint8_t buf[CLU_MSG_PROPOSAL_BYTES_MAX];
	struct clv_proposal prop;

	clv_propose(&coro->clv, &prop);
	if (send_bytes(coro, buf, clu_msg_proposal(buf, &prop)))
		return true;
	clv_retry(&coro->clv);
	return false;
}

static bool send_bytes(struct coro *coro, const uint8_t *buf, size_t len_bytes)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len_bytes };
	cs_error_t r = cpg_mcast_joined(coro->cpg_handle, CPG_TYPE_AGREED, &iov, 1);

	if (r == CS_OK)
		return true;
	if (!is_failed(coro, r)) {
		coro->send_blocked_ms = coro_now_ms() + RETRY_MS;
		coro->base.stats.send_retries++;
	}
	return false;
}

int coro_cpg_timeout_ms(const struct coro *coro)
{
	uint64_t now = coro_now_ms();
	uint64_t at = UINT64_MAX;

	if (coro->send_blocked_ms)
		at = coro->send_blocked_ms;
	else if (clv_is_due(&coro->clv) || (coro->clv.is_member && coro->queue.count > 0))
		return 0;
	if (clv_is_pending(&coro->clv) && coro->retry_ms < at)
		at = coro->retry_ms;
	if (at == UINT64_MAX)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}
