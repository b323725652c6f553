/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_alone.c - a node without quorum takes a mirror down for itself.
 *
 * No operation lock is granted then and no GO would reach anybody: one worker does it, and only
 * this mirror's lock file keeps other workers of this node away. The LV's lock in lvmlockd is left
 * for later (RECORD_UNLOCKING): asking now would wait for as long as the DLM does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/clvmd/host.h"
#include "lib/daemon/lg.h"

static void on_line(void *ctx, char *line);
static void on_end(void *ctx);

bool alone_is_for(const struct host *h, const struct op_ask *ask)
{
	return ask->verb == CVW_DEACTIVATE && !(ask->flags & CVW_F_ALL) &&
	       !host_is_quorate(h);
}

static void reply(struct host *h, struct ctl_conn *conn, int code, const char *text)
{
	const char *name = clu_node_name(h->clu, clu_nodeid(h->clu));

	if (code)
		ctl_error(conn, code, "%s: %s", name, text);
	else
		ctl_ok(conn);
	ctl_put(conn, "node", "%u", clu_nodeid(h->clu));
	ctl_put(conn, "name", "%s", name);
	ctl_put(conn, "result", "%d", code);
	ctl_put(conn, "text", "%s", text);
	ctl_end(conn);
}

static void finish(struct alone *alone, int code, const char *text)
{
	if (code)
		lg_warn("deactivate %s/%s: %s", alone->vg, alone->lv, text);
	else
		lg_info("deactivate %s/%s without quorum%s%s", alone->vg, alone->lv,
			*text ? ": " : "", text);
	if (alone->conn)
		reply(alone->host, alone->conn, code, text);
	alone->conn = NULL;
}

static struct alone *alone_free(struct host *h)
{
	for (uint32_t i = 0; i < HOST_ALONE_MAX; i++)
		if (!h->alone[i].host)
			return &h->alone[i];
	return NULL;
}

static int worker_start(struct alone *alone)
{
	char vg[CVW_NAME_BYTES + 8], lv[CVW_NAME_BYTES + 8], uuid[CVW_DM_UUID_BYTES + 16];
	const char *const args[] = { cvw_verb_name(CVW_DEACTIVATE), vg, lv, uuid, "alone=1", NULL };

	(void)snprintf(vg, sizeof(vg), "vg=%s", alone->vg);
	(void)snprintf(lv, sizeof(lv), "lv=%s", alone->lv);
	(void)snprintf(uuid, sizeof(uuid), "dm_uuid=%s", alone->dm_uuid);
	return child_start(&alone->child, alone->host->loop, args, on_line, on_end, alone);
}

int alone_start(struct host *h, const struct op_ask *ask, struct cm_errmsg *err)
{
	const struct mirror *m = host_mirror_by_name(h, ask->vg, ask->lv);
	uint32_t timeout_s = ask->timeout_s ? ask->timeout_s : HOST_TIMEOUT_S;
	struct alone *alone = alone_free(h);
	int r;

	if (!m || !m->is_mine) {
		reply(h, ask->conn, 0, "not active there");
		return 0;
	}
	if (!alone) {
		cm_err_set(err, "too many operations at a time: try again");
		return -EBUSY;
	}
	*alone = (struct alone){ .host = h, .conn = ask->conn };
	alone->deadline_ms = loop_now_ms(h->loop) + timeout_s * UINT64_C(1000);
	memcpy(alone->vg, m->vg, sizeof(alone->vg));
	memcpy(alone->lv, m->lv, sizeof(alone->lv));
	memcpy(alone->dm_uuid, m->dm_uuid, sizeof(alone->dm_uuid));
	r = worker_start(alone);
	if (r) {
		alone->host = NULL;
		cm_err_set(err, "no process for it: %s", cm_strerror(r));
	}
	return r;
}

static void on_done(struct alone *alone, int code, const char *text)
{
	struct mirror *m;

	host_mirror_update(alone->host, alone->dm_uuid);
	m = host_mirror_find(alone->host, alone->dm_uuid);
	if (m && !m->is_mine)
		m->is_declined = true;
	finish(alone, code, text);
	child_order(&alone->child, "end");
}

static void on_line(void *ctx, char *line)
{
	struct alone *alone = ctx;
	char stage[16];
	int code, at = 0;

	if (!strncmp(line, "log ", 4)) {
		lg_info("%s", line + 4);
		return;
	}
	if (sscanf(line, "%15s %d%n", stage, &code, &at) != 2)
		return;
	at += line[at] == ' ';
	if (!strcmp(stage, "done"))
		on_done(alone, code, line + at);
	else if (code)
		finish(alone, code, line + at);
	else
		child_order(&alone->child, "go");
}

static void on_end(void *ctx)
{
	struct alone *alone = ctx;

	/* It died, and leaves half a mirror. */
	if (alone->conn) {
		finish(alone, -EIO, "the worker died");
		host_scan(alone->host);
	}
	alone->host = NULL;
}

void alone_tick(struct host *h, uint64_t now_ms)
{
	for (uint32_t i = 0; i < HOST_ALONE_MAX; i++) {
		struct alone *alone = &h->alone[i];

		if (alone->host && alone->conn && alone->deadline_ms <= now_ms)
			finish(alone, -ETIMEDOUT, "it does not end: see the journal of cmirrord");
	}
}
