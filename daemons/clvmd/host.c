/* SPDX-License-Identifier: GPL-2.0-only */
/* host.c - views and messages; the table of who has which mirror active. */
#include "daemons/clvmd/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/daemon/lg.h"

#define SEND_ROOM_BYTES	16384u	/* left in the queue for operations while we announce */

/* ---- sending ---- */

void host_send(struct host *h, const struct cvw_msg *msg)
{
	uint8_t buf[CVW_MSG_MAX];
	size_t len = cvw_encode(msg, buf);
	int r = clu_send(h->clu, buf, len);

	if (r)
		lg_err("message %s not sent: %s", cvw_type_name(msg->type), cm_strerror(r));
}

static void send_hello(struct host *h)
{
	struct cvw_msg msg = { .type = CVW_HELLO,
			       .proto_min = CVW_VERSION,
			       .proto_max = CVW_VERSION };

	host_send(h, &msg);
	h->is_hello_due = false;
}

static void send_active(struct host *h, const struct mirror *m)
{
	struct cvw_msg msg = { .type = CVW_ACTIVE };

	msg.flags = (uint8_t)((m->is_mine ? CVW_F_ON : 0) |
			      (m->is_mine && m->is_mine_all ? CVW_F_ALL : 0));
	memcpy(msg.vg, m->vg, sizeof(msg.vg));
	memcpy(msg.lv, m->lv, sizeof(msg.lv));
	memcpy(msg.dm_uuid, m->dm_uuid, sizeof(msg.dm_uuid));
	host_send(h, &msg);
}

/* In every new view: hello, then what is active here, as the queue has room. */
static void announce(struct host *h)
{
	if (!h->has_view)
		return;
	if (h->is_hello_due)
		send_hello(h);
	while (h->announced < HOST_MIRRORS_MAX && clu_send_room(h->clu) > SEND_ROOM_BYTES) {
		const struct mirror *m = &h->mirror[h->announced++];

		if (*m->dm_uuid && m->is_mine)
			send_active(h, m);
	}
}

/* ---- mirrors ---- */

struct mirror *host_mirror_find(struct host *h, const char *dm_uuid)
{
	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++)
		if (*h->mirror[i].dm_uuid && !strcmp(h->mirror[i].dm_uuid, dm_uuid))
			return &h->mirror[i];
	return NULL;
}

struct mirror *host_mirror_by_name(struct host *h, const char *vg, const char *lv)
{
	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++)
		if (*h->mirror[i].dm_uuid && !strcmp(h->mirror[i].vg, vg) &&
		    !strcmp(h->mirror[i].lv, lv))
			return &h->mirror[i];
	return NULL;
}

struct mirror *host_mirror_get(struct host *h, const char *vg, const char *lv, const char *dm_uuid)
{
	struct mirror *m = host_mirror_find(h, dm_uuid);

	for (uint32_t i = 0; !m && i < HOST_MIRRORS_MAX; i++)
		if (!*h->mirror[i].dm_uuid)
			m = &h->mirror[i];
	if (!m) {
		lg_err("more than %u mirrors in the cluster: %s/%s is not kept track of",
		       HOST_MIRRORS_MAX, vg, lv);
		return NULL;
	}
	/* The names may have changed since: a renamed LV keeps its uuid. */
	(void)snprintf(m->vg, sizeof(m->vg), "%s", vg);
	(void)snprintf(m->lv, sizeof(m->lv), "%s", lv);
	(void)snprintf(m->dm_uuid, sizeof(m->dm_uuid), "%s", dm_uuid);
	return m;
}

static void mirror_drop_if_unused(struct mirror *m)
{
	if (!m->is_mine && !m->node_count)
		memset(m, 0, sizeof(*m));
}

void host_mirror_update(struct host *h, const char *dm_uuid)
{
	struct mirror *m = host_mirror_find(h, dm_uuid);
	struct record rec;
	bool is_mine = false, was_mine = m && m->is_mine, was_all = m && m->is_mine_all;

	if (!record_read(dm_uuid, &rec)) {
		is_mine = rec.phase == RECORD_ACTIVE || rec.phase == RECORD_STOPPING;
		h->is_rescan_due |= rec.phase == RECORD_UNLOCKING;
	}
	if (is_mine)
		m = host_mirror_get(h, rec.vg, rec.lv, dm_uuid);
	if (!m)
		return;
	m->is_mine = is_mine;
	m->is_mine_all = is_mine && rec.is_all;
	if (is_mine) {
		memcpy(m->log_uuid, rec.log_uuid, sizeof(m->log_uuid));
		m->retry_at_ms = 0;
		m->is_declined = false;
	}
	if (h->has_view && (is_mine != was_mine || m->is_mine_all != was_all))
		send_active(h, m);
	mirror_drop_if_unused(m);
}

/* Asked for again and again: the same reason is told once. */
static void scan_later(struct host *h, const char *why)
{
	h->is_rescan_due = true;
	if (!strncmp(h->later, why, sizeof(h->later) - 1))
		return;
	(void)snprintf(h->later, sizeof(h->later), "%s", why);
	lg_info("%s", why);
}

void host_scan_line(void *ctx, char *line)
{
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	struct host *h = ctx;
	int all, code, at = 0;

	if (!strncmp(line, "log ", 4))
		lg_info("%s", line + 4);
	else if (sscanf(line, "done %d %n", &code, &at) == 1 && code)
		lg_warn("looking at what is active here: %s", line + at);
	else if (!strncmp(line, "later ", 6))
		scan_later(h, line + 6);
	else if (sscanf(line, "mirror %d %127s %127s %68s", &all, vg, lv, dm_uuid) == 4 &&
		 cvw_dm_uuid_is_valid(dm_uuid))
		host_mirror_update(h, dm_uuid);
}

static void mirror_node_set(struct mirror *m, uint32_t nodeid, bool is_on, bool is_all)
{
	uint32_t i = 0;

	while (i < m->node_count && m->node[i].nodeid != nodeid)
		i++;
	if (!is_on) {
		if (i < m->node_count)
			m->node[i] = m->node[--m->node_count];
		return;
	}
	if (i == HOST_NODES_MAX)
		return;
	m->node[i].nodeid = nodeid;
	m->node[i].is_all = is_all;
	if (i == m->node_count)
		m->node_count++;
}

static void on_active(struct host *h, uint32_t from, const struct cvw_msg *msg)
{
	bool is_on = msg->flags & CVW_F_ON;
	struct mirror *m;

	if (from == clu_nodeid(h->clu))
		return;
	m = is_on ? host_mirror_get(h, msg->vg, msg->lv, msg->dm_uuid)
		  : host_mirror_find(h, msg->dm_uuid);
	if (!m)
		return;
	mirror_node_set(m, from, is_on, msg->flags & CVW_F_ALL);
	if (is_on)
		auto_wish(h, m);
	mirror_drop_if_unused(m);
}

/* ---- views and messages ---- */

bool host_in_view(const struct host *h, uint32_t nodeid)
{
	for (uint32_t i = 0; i < h->view.member_count; i++)
		if (h->view.member[i] == nodeid)
			return true;
	return false;
}

bool host_is_quorate(const struct host *h)
{
	return h->has_view && h->view.quorate;
}

static void forget_departed(struct host *h)
{
	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++) {
		struct mirror *m = &h->mirror[i];

		for (uint32_t n = 0; *m->dm_uuid && n < m->node_count;) {
			if (host_in_view(h, m->node[n].nodeid))
				n++;
			else
				m->node[n] = m->node[--m->node_count];
		}
		if (*m->dm_uuid)
			mirror_drop_if_unused(m);
	}
}

static void on_view(void *ctx, const struct clu_view *view)
{
	struct host *h = ctx;
	bool is_new = !h->has_view || view->nr != h->view.nr;

	if (!is_new && view->quorate == h->view.quorate && view->usable == h->view.usable)
		return;
	h->view = *view;
	h->has_view = true;
	if (!is_new)
		return;
	lg_info("view %llu: %u nodes%s", (unsigned long long)view->nr, view->member_count,
		view->quorate ? "" : ", no quorum");
	h->is_hello_due = true;
	h->announced = 0;
	h->refused[0] = '\0';
	forget_departed(h);
	part_view(h);
	op_view(h);
	announce(h);
	child_order(&h->watch, "look");
}

static void on_hello(struct host *h, uint32_t from, const struct cvw_msg *msg)
{
	if (msg->proto_min <= CVW_VERSION && msg->proto_max >= CVW_VERSION)
		return;
	(void)snprintf(
		h->refused, sizeof(h->refused),
		"clvmd on %.100s speaks protocol %u to %u, clvmd on %.100s %u: install the same "
		"version on both",
		clu_node_name(h->clu, from), msg->proto_min, msg->proto_max,
		clu_node_name(h->clu, clu_nodeid(h->clu)), CVW_VERSION);
	lg_err("%s", h->refused);
	op_node_refused(h, from, h->refused);
}

static void on_message(void *ctx, uint32_t from, const uint8_t *buf, size_t len_bytes)
{
	struct host *h = ctx;
	struct cvw_msg msg;
	int r = cvw_decode(buf, len_bytes, &msg);

	if (r) {
		lg_warn("message from %s dropped: %s", clu_node_name(h->clu, from), cm_strerror(r));
		return;
	}
	switch (msg.type) {
	case CVW_HELLO:
		on_hello(h, from, &msg);
		break;
	case CVW_ACTIVE:
		on_active(h, from, &msg);
		break;
	default:
		op_message(h, from, &msg);
		part_message(h, from, &msg);
	}
}

static void on_owned(void *ctx, const char *name, int result)
{
	op_owned(ctx, name, result);
}

static void on_dead(void *ctx, uint32_t nodeid, int result)
{
	struct host *h = ctx;

	(void)result;
	clu_proof_release(h->clu, nodeid);
}

static void on_node_lock(void *ctx, bool held)
{
	(void)ctx;
	if (!held)
		lg_err("the node lock in lockspace clvmd is lost");
}

static void on_lost(void *ctx, const char *reason)
{
	struct host *h = ctx;

	/* Active mirrors are cmirrord's and the kernel's: nothing here has to fence itself. */
	lg_err("cluster lost: %s; restart clvmd when it is back", reason);
	loop_stop(h->loop, 1);
}

static bool on_may_stop(void *ctx)
{
	(void)ctx;
	return true;	/* cmirrord says no when there is a reason */
}

const struct clu_callbacks host_callbacks = {
	.view = on_view, .message = on_message, .owned = on_owned, .dead = on_dead,
	.node_lock = on_node_lock, .lost = on_lost, .may_stop = on_may_stop,
};

/* ---- the loop ---- */

static void on_cluster_fd(void *ctx, int fd, uint32_t events)
{
	struct host *h = ctx;

	(void)fd;
	(void)events;
	clu_dispatch(h->clu);
	host_cluster_watch(h);
}

static void on_cluster_timer(void *ctx, uint64_t now_ms)
{
	struct host *h = ctx;

	(void)now_ms;
	clu_dispatch(h->clu);
	host_cluster_watch(h);
}

void host_cluster_watch(struct host *h)
{
	int fds[CLU_FDS_MAX], timeout_ms = clu_timeout_ms(h->clu);
	uint32_t count = clu_fds(h->clu, fds);

	if (count != h->cluster_fd_count || memcmp(fds, h->cluster_fd, count * sizeof(*fds))) {
		for (uint32_t i = 0; i < h->cluster_fd_count; i++)
			loop_fd_del(h->loop, h->cluster_fd[i]);
		h->cluster_fd_count = 0;
		for (uint32_t i = 0; i < count; i++) {
			if (loop_fd_add(h->loop, fds[i], EPOLLIN, on_cluster_fd, h)) {
				lg_err("cannot watch the cluster's fds");
				loop_stop(h->loop, 1);
				return;
			}
			h->cluster_fd[h->cluster_fd_count++] = fds[i];
		}
	}
	h->cluster_timer.fn = on_cluster_timer;
	h->cluster_timer.ctx = h;
	loop_timer_set(h->loop, &h->cluster_timer,
		       timeout_ms < 0 ? LOOP_NEVER : loop_now_ms(h->loop) + (uint64_t)timeout_ms);
}

void host_tick(void *ctx, uint64_t now_ms)
{
	struct host *h = ctx;

	announce(h);
	op_tick(h, now_ms);
	alone_tick(h, now_ms);
	auto_tick(h, now_ms);
	loop_timer_set(h->loop, &h->tick, now_ms + HOST_TICK_MS);
}
