/* SPDX-License-Identifier: GPL-2.0-only */
/* host_ctl.c - the verbs of the control socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/clvmd/host.h"
#include "lib/daemon/paths.h"

static void refuse(struct ctl_conn *conn, int r, const char *text)
{
	ctl_error(conn, r, "%s", text);
	ctl_end(conn);
}

static int name_get(const struct ctl_req *req, const char *key, const char **value,
		    struct cm_errmsg *err)
{
	*value = ctl_req_get(req, key);
	if (!*value || !**value || strlen(*value) >= CVW_NAME_BYTES || strchr(*value, '/') ||
	    strchr(*value, ' ') || strchr(*value, '=')) {
		cm_err_set(err, "%s= is missing or no name", key);
		return -EINVAL;
	}
	return 0;
}

/* scope=all|local; all when not given. */
static int scope_get(const struct ctl_req *req, uint8_t *flags, struct cm_errmsg *err)
{
	const char *scope = ctl_req_get(req, "scope");

	if (!scope || !strcmp(scope, "all")) {
		*flags |= CVW_F_ALL;
	} else if (strcmp(scope, "local")) {
		cm_err_set(err, "scope=%s: all or local", scope);
		return -EINVAL;
	}
	return 0;
}

static int mode_get(const struct ctl_req *req, uint8_t *verb, struct cm_errmsg *err)
{
	const char *mode = ctl_req_get(req, "mode");

	if (!mode || !strcmp(mode, "shared"))
		return 0;
	if (strcmp(mode, "exclusive")) {
		cm_err_set(err, "mode=%s: shared or exclusive", mode);
		return -EINVAL;
	}
	/* Exclusive activation is stock lvm's; our part is to be out of its way, on all nodes. */
	*verb = CVW_DEACTIVATE;
	return 0;
}

static int ask_fill(const struct ctl_req *req, struct op_ask *ask, struct cm_errmsg *err)
{
	uint64_t timeout_s = 0, sync = 0, is_auto = 0;
	int r = name_get(req, "vg", &ask->vg, err);

	if (!r)
		r = name_get(req, "lv", &ask->lv, err);
	if (!r && ask->verb != CVW_INITLOG)
		r = scope_get(req, &ask->flags, err);
	if (!r && ask->verb == CVW_ACTIVATE)
		r = mode_get(req, &ask->verb, err);
	if (!r && ask->verb == CVW_ACTIVATE && ctl_req_get(req, "auto")) {
		r = ctl_req_get_u64(req, "auto", 1, &is_auto, err);
		ask->flags |= is_auto ? CVW_F_AUTO : 0;
	}
	if (!r && ask->verb == CVW_INITLOG) {
		r = ctl_req_get_u64(req, "sync", 1, &sync, err);
		ask->flags |= sync ? CVW_F_SYNC : 0;
	}
	if (!r && ctl_req_get(req, "timeout_s"))
		r = ctl_req_get_u64(req, "timeout_s", 3600, &timeout_s, err);
	ask->timeout_s = (uint32_t)timeout_s;
	return r;
}

static void on_op(struct host *h, struct ctl_conn *conn, const struct ctl_req *req, uint8_t verb)
{
	struct op_ask ask = { .verb = verb, .conn = conn };
	const struct mirror *m;
	struct cm_errmsg err;
	int r = ask_fill(req, &ask, &err);

	if (!r && alone_is_for(h, &ask)) {
		r = alone_start(h, &ask, &err);
		goto out;
	}
	if (!r && !h->has_view) {
		r = -EAGAIN;
		cm_err_set(&err, "clvmd is still joining the cluster: try again");
	}
	/* Locks are not granted now: lvm and lvmlockd would wait for as long. */
	if (!r && !host_is_quorate(h)) {
		r = CM_E_CLU_NO_QUORUM;
		cm_err_set(&err, "%s: no quorum: start more nodes of the cluster%s",
			   clu_node_name(h->clu, clu_nodeid(h->clu)),
			   verb == CVW_DEACTIVATE ?
				   ", or deactivate on this node alone (lvchange -aln)" : "");
	}
	/* Some node would not understand what it is asked; this one alone needs nobody. */
	if (!r && *h->refused && ask.flags & CVW_F_ALL) {
		r = CM_E_CLU_VERSION;
		cm_err_set(&err, "%s", h->refused);
	}
	/* What is active needs no metadata to be taken down, nor a volume group that can still be
	 * read. */
	m = !r && ask.verb != CVW_ACTIVATE ? host_mirror_by_name(h, ask.vg, ask.lv) : NULL;
	ask.dm_uuid = m ? m->dm_uuid : NULL;
	if (!r)
		r = op_start(h, &ask, &err);
out:
	if (r)
		refuse(conn, r, err.text);
}

static void put_mirror(struct host *h, struct ctl_conn *conn, const struct mirror *m)
{
	char nodes[HOST_NODES_MAX * 12 + 16] = "";
	size_t len = 0;

	ctl_next_object(conn);
	ctl_put(conn, "mirror", "%s", m->dm_uuid);
	ctl_put(conn, "vg", "%s", m->vg);
	ctl_put(conn, "lv", "%s", m->lv);
	ctl_put(conn, "active", "%d", m->is_mine);
	ctl_put(conn, "scope", "%s",
		m->is_mine_all || (m->node_count && m->node[0].is_all) ? "all" : "local");
	if (m->is_mine)
		len = (size_t)snprintf(nodes, sizeof(nodes), "%u", clu_nodeid(h->clu));
	for (uint32_t i = 0; i < m->node_count; i++)
		len += (size_t)snprintf(nodes + len, sizeof(nodes) - len, "%s%u", len ? "," : "",
					m->node[i].nodeid);
	ctl_put(conn, "nodes", "%s", nodes);
	ctl_put(conn, "waiting", "%d", m->retry_at_ms != 0);
}

static void put_op(struct ctl_conn *conn, const struct op *op)
{
	static const char *const state[] = {
		"free", "resolve", "queued", "lock", "sent", "prepare", "go", "undo",
	};

	ctl_next_object(conn);
	ctl_put(conn, "op", "%016llx", (unsigned long long)op->id);
	ctl_put(conn, "verb", "%s", cvw_verb_name(op->verb));
	ctl_put(conn, "vg", "%s", op->vg);
	ctl_put(conn, "lv", "%s", op->lv);
	ctl_put(conn, "state", "%s", state[op->state]);
}

static void on_status(struct host *h, struct ctl_conn *conn)
{
	char members[CLU_NODES_MAX * 12] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < h->view.member_count; i++)
		len += (size_t)snprintf(members + len, sizeof(members) - len, "%s%u", i ? "," : "",
					h->view.member[i]);
	ctl_ok(conn);
	ctl_put(conn, "clvmd", "1");
	ctl_put(conn, "version", "%s", CM_VERSION);
	ctl_put(conn, "provider", "%s", h->provider);
	ctl_put(conn, "nodeid", "%u", clu_nodeid(h->clu));
	ctl_put(conn, "node_name", "%s", clu_node_name(h->clu, clu_nodeid(h->clu)));
	ctl_put(conn, "quorate", "%d", host_is_quorate(h));
	ctl_put(conn, "view", "%llu", (unsigned long long)h->view.nr);
	ctl_put(conn, "members", "%s", members);
	if (*h->refused)
		ctl_put(conn, "warning", "%s", h->refused);
	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++)
		if (*h->mirror[i].dm_uuid)
			put_mirror(h, conn, &h->mirror[i]);
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++)
		if (h->op[i].state != OP_FREE)
			put_op(conn, &h->op[i]);
	ctl_end(conn);
}

void host_ctl(void *ctx, struct ctl_conn *conn, const struct ctl_req *req)
{
	static const struct {
		const char *verb;
		uint8_t op;
	} table[] = {
		{ "activate", CVW_ACTIVATE }, { "deactivate", CVW_DEACTIVATE },
		{ "refresh", CVW_REFRESH }, { "initlog", CVW_INITLOG },
	};
	struct host *h = ctx;

	if (!strcmp(req->verb, "status")) {
		on_status(h, conn);
		return;
	}
	for (size_t i = 0; i < CM_ARRAY_COUNT(table); i++) {
		if (!strcmp(req->verb, table[i].verb)) {
			on_op(h, conn, req, table[i].op);
			return;
		}
	}
	refuse(conn, -EOPNOTSUPP,
	       "unknown request: activate, deactivate, refresh, initlog, status");
}
