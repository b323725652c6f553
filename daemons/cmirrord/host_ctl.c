/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_ctl.c - verbs of the control socket.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <string.h>

#include "lib/daemon/lg.h"

static struct mlog *mlog_named(struct host *host, struct ctl_conn *conn,
			       const struct ctl_req *req);
static void verb_legs(struct host *host, struct ctl_conn *conn, const struct ctl_req *req);
static void verb_quiesce(struct host *host, struct ctl_conn *conn, const struct ctl_req *req);
static void verb_log(struct ctl_conn *conn);

void host_ctl(void *ctx, struct ctl_conn *conn, const struct ctl_req *req)
{
	const char *uuid = ctl_req_get(req, "uuid");
	struct host *host = ctx;

	if (!strcmp(req->verb, "preflight")) {
		preflight_start(host, conn, req);
		return;
	}
	if (!strcmp(req->verb, "legs")) {
		verb_legs(host, conn, req);
	} else if (!strcmp(req->verb, "quiesce")) {
		verb_quiesce(host, conn, req);
	} else if (!strcmp(req->verb, "log")) {
		verb_log(conn);
	} else if (uuid && !mlog_named(host, conn, req)) {
		/* it has answered */
	} else if (!strcmp(req->verb, "status")) {
		host_show_status(host, conn, uuid, true);
	} else if (!strcmp(req->verb, "levels")) {
		host_show_status(host, conn, uuid, false);
	} else if (!strcmp(req->verb, "stats")) {
		host_show_stats(host, conn, uuid);
	} else if (!strcmp(req->verb, "dump")) {
		host_show_dump(host, conn, uuid);
	} else {
		ctl_error(conn, -EINVAL, "unknown request \"%.40s\"; known: status, levels, stats, "
			  "dump, log, preflight, legs, quiesce", req->verb);
	}
	ctl_end(conn);
	host_settle(host);
}

/* The log of uuid=; NULL when there is none: then the error has been answered. */
static struct mlog *mlog_named(struct host *host, struct ctl_conn *conn,
			       const struct ctl_req *req)
{
	const char *uuid = ctl_req_get(req, "uuid");
	struct mlog *mlog = uuid ? mlog_find(host, uuid) : NULL;

	if (!uuid)
		ctl_error(conn, -EINVAL, "%s needs uuid=<dm uuid of the log>", req->verb);
	else if (!mlog)
		ctl_error(conn, -ENOENT, "log %.128s is not active on this node", uuid);
	return mlog;
}

static void verb_legs(struct host *host, struct ctl_conn *conn, const struct ctl_req *req)
{
	struct mlog *mlog = mlog_named(host, conn, req);
	const char *devs = ctl_req_get(req, "devs");
	struct cm_errmsg err;
	int r;

	if (!mlog)
		return;
	r = outside_legs_set(mlog->outside, devs ? devs : "", &err);
	if (r)
		ctl_error(conn, r, "%s", err.text);
	else
		ctl_ok(conn);
}

static void verb_quiesce(struct host *host, struct ctl_conn *conn, const struct ctl_req *req)
{
	struct mlog *mlog = mlog_named(host, conn, req);
	struct cm_errmsg err;
	uint64_t on;

	if (!mlog)
		return;
	if (ctl_req_get_u64(req, "on", 1, &on, &err)) {
		ctl_error(conn, -EINVAL, "%s", err.text);
		return;
	}
	outside_quiet(mlog->outside, on == 1);
	ctl_ok(conn);
}

static void line_put(void *ctx, const char *line)
{
	ctl_put(ctx, "line", "%s", line);
}

static void verb_log(struct ctl_conn *conn)
{
	ctl_ok(conn);
	lg_dump(line_put, conn);
}
