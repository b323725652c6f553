/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmn_view.c - views, who is who in them (HELLO), and the directory of running logs.
 *
 * In every view each node first sends HELLO, then one JOIN(again) per log it is a member of. The
 * view is settled when all of that has been delivered from every member: then each node, also one
 * that came only now, knows who runs which log. Only then may anybody found or join a membership,
 * and only then is anything but hot marks answered.
 */
#include "lib/core/cml_int.h"

#include <string.h>

/* ---- peers ---- */

struct cmn_peer *cmn_peer(struct cmn *cmn, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (cmn->peer[i].is_used && cmn->peer[i].nodeid == nodeid)
			return &cmn->peer[i];
	return NULL;
}

bool cmn_in_view(const struct cmn *cmn, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (cmn->peer[i].is_used && cmn->peer[i].nodeid == nodeid)
			return cmn->peer[i].in_view;
	return false;
}

/* The numbers alone do not tell: both sides of a partition may count alike. */
bool cmn_is_of_us(const struct cmn *cmn, const struct cmn_peer *peer)
{
	if (peer->nodeid == cmn->cfg.nodeid)
		return true;
	return peer->is_ours && peer->hello.prev_view == cmn->prev_view;
}

bool cmn_can_serve(const struct cmn *cmn)
{
	return cmn->usable && cmn->is_settled && !cmn->is_self_fenced;
}

static struct cmn_peer *peer_get(struct cmn *cmn, uint32_t nodeid)
{
	struct cmn_peer *peer = cmn_peer(cmn, nodeid);
	uint32_t i;

	if (peer)
		return peer;
	for (i = 0; i < CMN_NODES_MAX; i++)
		if (!cmn->peer[i].is_used)
			break;
	if (i == CMN_NODES_MAX) /* forget one that is away */
		for (i = 0; i < CMN_NODES_MAX && cmn->peer[i].in_view; i++)
			;
	if (i == CMN_NODES_MAX)
		return NULL;
	peer = &cmn->peer[i];
	memset(peer, 0, sizeof(*peer));
	peer->is_used = true;
	peer->nodeid = nodeid;
	return peer;
}

/* ---- the directory ---- */

struct cmn_dir *cmn_dir_find(struct cmn *cmn, const char *uuid)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->dir[i].is_used && !strcmp(cmn->dir[i].uuid, uuid))
			return &cmn->dir[i];
	return NULL;
}

static bool dir_has(const struct cmn_dir *dir, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < dir->node_count; i++)
		if (dir->node[i] == nodeid)
			return true;
	return false;
}

/* Returns whether the node is the first of this log. */
static bool dir_add(struct cmn *cmn, const char *uuid, uint32_t nodeid)
{
	struct cmn_dir *dir = cmn_dir_find(cmn, uuid);
	uint32_t i;

	for (i = 0; !dir && i < CML_LOGS_MAX; i++) {
		if (cmn->dir[i].is_used)
			continue;
		dir = &cmn->dir[i];
		memset(dir, 0, sizeof(*dir));
		dir->is_used = true;
		memcpy(dir->uuid, uuid, sizeof(dir->uuid));
	}
	if (!dir || dir_has(dir, nodeid) || dir->node_count == CMN_NODES_MAX)
		return false;
	dir->has_state[dir->node_count] = false;
	dir->node[dir->node_count++] = nodeid;
	return dir->node_count == 1;
}

bool cmn_runs_log(struct cmn *cmn, const char *uuid, uint32_t nodeid)
{
	const struct cmn_dir *dir = cmn_dir_find(cmn, uuid);

	return dir && dir_has(dir, nodeid);
}

static void dir_del(struct cmn_dir *dir, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < dir->node_count && dir->node[i] != nodeid; i++)
		;
	if (i == dir->node_count)
		return;
	memmove(&dir->node[i], &dir->node[i + 1], (dir->node_count - i - 1) * sizeof(dir->node[0]));
	memmove(&dir->has_state[i], &dir->has_state[i + 1],
		(dir->node_count - i - 1) * sizeof(dir->has_state[0]));
	if (!--dir->node_count)
		dir->is_used = false;
}

static void dir_state_set(struct cmn *cmn, const char *uuid, uint32_t nodeid, bool has_state)
{
	struct cmn_dir *dir = cmn_dir_find(cmn, uuid);
	uint32_t i;

	for (i = 0; dir && i < dir->node_count; i++)
		if (dir->node[i] == nodeid)
			dir->has_state[i] = has_state;
}

/* A node (this incarnation of its daemon) is out: from every log, and from the directory. */
static void node_gone(struct cmn *cmn, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i])
			cml_node_gone(cmn->log[i], nodeid);
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->dir[i].is_used)
			dir_del(&cmn->dir[i], nodeid);
}

/* ---- views ---- */

static bool view_has(const struct cmn_event *ev, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < ev->view.member_count; i++)
		if (ev->view.member[i] == nodeid)
			return true;
	return false;
}

/*
 * Kernels of this node run logs that it has not joined: those the host knows of, and those whose
 * CTR was replayed and whose JOIN has not been delivered. Between the two no HELLO may say that
 * nothing runs.
 */
static bool has_orphans(const struct cmn *cmn)
{
	uint32_t i;

	if (cmn->orphan_count)
		return true;
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && cml_runs_unjoined(cmn->log[i]))
			return true;
	return false;
}

static void hello_send(struct cmn *cmn)
{
	struct wire_msg msg = { .type = WIRE_HELLO };
	struct wire_hello *hello = &msg.u.hello;
	uint32_t i;

	hello->proto_min = WIRE_VERSION_MIN;
	hello->proto_max = WIRE_VERSION;
	memcpy(hello->boot_id, cmn->cfg.boot_id, 16);
	memcpy(hello->machine_id, cmn->cfg.machine_id, 16);
	hello->client = cmn->cfg.client;
	hello->fencing = cmn->cfg.fencing;
	hello->has_node_lock = cmn->has_node_lock;
	hello->prev_view = cmn->prev_view;
	hello->lost_quorum = cmn->lost_quorum;
	hello->has_orphans = has_orphans(cmn);
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && cml_joins_again(cmn->log[i]))
			hello->log_count++;
	cmn->hello_has_lock = cmn->has_node_lock;
	cmn->hello_has_orphans = hello->has_orphans;
	cmn_send(cmn, NULL, &msg);
}

static void again_send(struct cmn *cmn, struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_JOIN };
	struct wire_join *join = &msg.u.join;

	join->again = true;
	join->is_core = log->cfg.is_core;
	join->region_count = log->region_count;
	join->region_size_sect = log->cfg.ctr.region_size_sect;
	join->gen = log->cfg.ctr.gen;
	join->legs_hash = log->cfg.ctr.legs_hash;
	join->has_state = cml_is_whole(log);
	join->is_replay = !join->has_state && cml_is_replayed(log);
	join->client = cml_client(log);
	cmn_send(cmn, log, &msg);
}

static void view_new(struct cmn *cmn, const struct cmn_event *ev)
{
	struct cmn_peer *peer;
	uint32_t i;

	cmn->view_nr = ev->view.nr;
	cmn->view_since_ms = cmn->now_ms;
	cmn->is_settled = false;
	for (i = 0; i < CMN_NODES_MAX; i++) {
		peer = &cmn->peer[i];
		if (!peer->is_used || !peer->in_view || view_has(ev, peer->nodeid))
			continue;
		peer->in_view = peer->is_ours = false;
		node_gone(cmn, peer->nodeid);
	}
	for (i = 0; i < ev->view.member_count; i++) {
		peer = peer_get(cmn, ev->view.member[i]);
		if (!peer) {
			cmn_journal(cmn, NULL, CMN_LG_ERR, "more than %u nodes: node %u is ignored",
				    CMN_NODES_MAX, ev->view.member[i]);
			continue;
		}
		peer->in_view = true;
		peer->has_hello = false;
		peer->joins_left = 0;
	}
	/* Rebuilt from this view's JOINs: its order is then the same for two sides that met. */
	memset(cmn->dir, 0, sizeof(cmn->dir));
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i])
			cml_view_changed(cmn->log[i]);
	hello_send(cmn);
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i] && cml_joins_again(cmn->log[i]))
			again_send(cmn, cmn->log[i]);
}

void cmn_view(struct cmn *cmn, const struct cmn_event *ev)
{
	bool is_new = ev->view.nr != cmn->view_nr;

	cmn->usable = ev->view.usable;
	cmn->quorate = ev->view.quorate;
	cmn->has_node_lock = ev->view.has_node_lock;
	if (!cmn->quorate)
		cmn->lost_quorum = true;
	if (is_new)
		view_new(cmn, ev);
	else
		cmn_hello_update(cmn);
}

void cmn_hello_update(struct cmn *cmn)
{
	if (cmn->view_nr && (cmn->has_node_lock != cmn->hello_has_lock ||
			     has_orphans(cmn) != cmn->hello_has_orphans))
		hello_send(cmn);
}

/* ---- HELLO ---- */

static bool speaks(const struct wire_hello *hello)
{
	return hello->proto_min <= WIRE_VERSION && hello->proto_max >= WIRE_VERSION_MIN;
}

/*
 * The peer was elsewhere: a daemon that has just started (prev_view 0), or the other side of a
 * partition. What it was a member of before, it is no longer; what it announces now is looked at
 * afresh.
 */
static void stranger(struct cmn *cmn, const struct wire_msg *msg)
{
	if (msg->sender == cmn->cfg.nodeid)
		return;
	node_gone(cmn, msg->sender);
}

void cmn_hello_deliver(struct cmn *cmn, const struct wire_msg *msg)
{
	struct cmn_peer *peer = cmn_peer(cmn, msg->sender);
	bool is_first;

	if (msg->view != cmn->view_nr || !peer || !peer->in_view)
		return; /* of a view that is over */
	is_first = !peer->has_hello;
	if (is_first && !(peer->is_ours && msg->u.hello.prev_view == cmn->prev_view))
		stranger(cmn, msg); /* while peer->hello is still that of its former life */
	peer->hello = msg->u.hello;
	peer->has_hello = true;
	if (is_first) {
		peer->joins_left = speaks(&msg->u.hello) ? msg->u.hello.log_count : 0;
		peer->not_returned_since_ms = cmn->now_ms;
	}
	if (!speaks(&msg->u.hello))
		cmn_journal(
			cmn, NULL, CMN_LG_ERR,
			"node %u speaks protocol %u to %u, this one %u to %u: update one of them",
			msg->sender, msg->u.hello.proto_min, msg->u.hello.proto_max,
			WIRE_VERSION_MIN, WIRE_VERSION);
	cmn_settle_check(cmn);
}

void cmn_settle_check(struct cmn *cmn)
{
	uint32_t i;

	if (cmn->is_settled)
		return;
	for (i = 0; i < CMN_NODES_MAX; i++) {
		struct cmn_peer *peer = &cmn->peer[i];

		if (peer->is_used && peer->in_view && (!peer->has_hello || peer->joins_left))
			return;
	}
	cmn->is_settled = true;
	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->log[i])
			cml_settled(cmn->log[i]);
	if (cmn->quorate)
		cmn->lost_quorum = false;
	/*
	 * Only now: two halves that meet in a view that is over before it settles are strangers in
	 * the next one too.
	 */
	cmn->prev_view = cmn->view_nr;
	for (i = 0; i < CMN_NODES_MAX; i++)
		cmn->peer[i].is_ours = cmn->peer[i].is_used && cmn->peer[i].in_view;
}

/* ---- JOIN, LEAVE ---- */

void cmn_join_deliver(struct cmn *cmn, const struct wire_msg *msg)
{
	struct cmn_peer *peer = cmn_peer(cmn, msg->sender);
	struct cml *log = cmn_find(cmn, msg->uuid);
	bool is_first;

	if (!peer || !peer->in_view)
		return;
	if (msg->u.join.again) {
		if (msg->view != cmn->view_nr || !peer->joins_left)
			return;
		dir_add(cmn, msg->uuid, msg->sender);
		if (msg->u.join.has_state)
			dir_state_set(cmn, msg->uuid, msg->sender, true);
		if (log)
			cml_again_deliver(log, msg);
		peer->joins_left--;
		cmn_settle_check(cmn);
		return;
	}
	if (msg->view != cmn->view_nr)
		return; /* sent before its sender knew this view: it sends again */
	is_first = dir_add(cmn, msg->uuid, msg->sender);
	if (log)
		cml_join_deliver(log, msg, is_first);
}

void cmn_leave_deliver(struct cmn *cmn, const struct wire_msg *msg)
{
	struct cmn_dir *dir = cmn_dir_find(cmn, msg->uuid);
	struct cml *log = cmn_find(cmn, msg->uuid);

	if (dir)
		dir_del(dir, msg->sender);
	if (log && msg->sender != cmn->cfg.nodeid)
		cml_founder_check(log);
}

/* A member of a log has its state now: by its own SLOT (the founder), or by STATE_DONE. */
void cmn_whole_deliver(struct cmn *cmn, const struct wire_msg *msg)
{
	struct cml *log;

	if (msg->type == WIRE_SLOT && msg->u.slot.nodeid == msg->sender) {
		/* It may come before the JOIN of this view, which knew nothing of it. */
		dir_add(cmn, msg->uuid, msg->sender);
		dir_state_set(cmn, msg->uuid, msg->sender, true);
	} else if (msg->type == WIRE_STATE_DONE && msg->view == cmn->view_nr) {
		dir_state_set(cmn, msg->uuid, msg->u.state_done.nodeid, true);
	} else {
		return;
	}
	log = cmn_find(cmn, msg->uuid);
	if (log)
		cml_founder_check(log); /* two may have begun to found, on two sides */
}

/* ---- may anybody activate here? ---- */

int cmn_check(const struct cmn *cmn, struct cm_errmsg *err)
{
	uint32_t i;

	if (!cmn->quorate) {
		cm_err_set(err, "node %u: the cluster has no quorum; bring more nodes up",
			   cmn->cfg.nodeid);
		return CM_E_CLU_NO_QUORUM;
	}
	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cmn_peer *peer = &cmn->peer[i];

		if (!peer->is_used || !peer->in_view || !peer->has_hello)
			continue;
		if (!speaks(&peer->hello)) {
			cm_err_set(err,
				   "node %u speaks protocol %u to %u, node %u %u to %u; update one "
				   "of them",
				   peer->nodeid, peer->hello.proto_min, peer->hello.proto_max,
				   cmn->cfg.nodeid, WIRE_VERSION_MIN, WIRE_VERSION);
			return CM_E_CLU_VERSION;
		}
		if (peer->hello.fencing != cmn->cfg.fencing) {
			cm_err_set(err,
				   "node %u and node %u differ in allow_no_fencing; make it the "
				   "same on both",
				   peer->nodeid, cmn->cfg.nodeid);
			return CM_E_CLU_NO_FENCING;
		}
	}
	if (!cmn->has_node_lock) {
		cm_err_set(err,
			   "node %u: waiting for its own node lock (a predecessor of it is being "
			   "recovered, or the DLM waits for fencing)",
			   cmn->cfg.nodeid);
		return -EAGAIN;
	}
	if (!cmn_can_serve(cmn)) {
		cm_err_set(err, "node %u: the cluster membership is settling; try again",
			   cmn->cfg.nodeid);
		return -EAGAIN;
	}
	return 0;
}
