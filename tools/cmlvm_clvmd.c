/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_clvmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon/ctl.h"
#include "lib/daemon/paths.h"

/* An activation may wait for a joiner's transfer or for fencing on each node in turn. */
#define CALL_TIMEOUT_S 180
#define PING_TIMEOUT_S 10

struct node_result {
	int nodeid;
	int result;
	char name[64];
	char text[512];
};

/*
 * The reply while it arrives: only the object being read is kept, failed ones are printed at its
 * end. The daemon's first line tells of the first one, and names all that say the same.
 */
struct reply {
	struct node_result now, first;
	unsigned int other_count;
	char other[16][512];
};

/* What is wrong with the cluster as a whole each node says in words of its own. */
static bool is_of_cluster(int code)
{
	return code == CM_E_CLU_VERSION || code == CM_E_CLU_NO_QUORUM ||
	       code == CM_E_CLU_NO_FENCING;
}

static bool is_told(const struct reply *reply, const struct node_result *now)
{
	return !strcmp(now->text, reply->first.text) ||
	       (now->result == reply->first.result && is_of_cluster(now->result));
}

static void node_report(struct reply *reply)
{
	struct node_result *now = &reply->now;

	if (now->nodeid && now->result) {
		if (!reply->first.nodeid)
			reply->first = *now;
		else if (!is_told(reply, now) && reply->other_count < CM_ARRAY_COUNT(reply->other))
			snprintf(reply->other[reply->other_count++], sizeof(reply->other[0]),
				 "%s: %.440s", now->name[0] ? now->name : "?", now->text);
	}
	memset(now, 0, sizeof(*now));
}

static void reply_line(void *ctx, const char *key, const char *value)
{
	struct reply *reply = ctx;
	struct node_result *now = &reply->now;

	if (!*key || !strcmp(key, "node"))
		node_report(reply);
	if (!strcmp(key, "node"))
		now->nodeid = (int)strtol(value, NULL, 10);
	else if (!strcmp(key, "name"))
		snprintf(now->name, sizeof(now->name), "%s", value);
	else if (!strcmp(key, "result"))
		now->result = (int)strtol(value, NULL, 10);
	else if (!strcmp(key, "text"))
		snprintf(now->text, sizeof(now->text), "%s", value);
}

static void error_print(int rc, const struct cm_errmsg *err)
{
	char here[128] = "";

	(void)gethostname(here, sizeof(here) - 1);
	if (rc == -ECONNREFUSED)
		fprintf(stderr,
			"  clvmd does not run on this node, %s: start it: systemctl start clvmd\n",
			here);
	else
		fprintf(stderr, "  %s\n", err->text[0] ? err->text : cm_strerror(rc));
}

static void others_print(const struct reply *reply)
{
	for (unsigned int i = 0; i < reply->other_count; i++)
		fprintf(stderr, "  %s\n", reply->other[i]);
}

static int call(const char *verb, const char *vg, const char *lv, const char *more)
{
	struct reply reply = { 0 };
	struct cm_errmsg err = { "" };
	char request[CTL_REQ_MAX];
	int rc;

	snprintf(request, sizeof(request), "%s", verb);
	rc = ctl_req_add(request, sizeof(request), "vg", vg);
	if (!rc)
		rc = ctl_req_add(request, sizeof(request), "lv", lv);
	if (!rc) {
		size_t used = strlen(request);

		snprintf(request + used, sizeof(request) - used, "%s", more);
		rc = ctl_client_call(CLVMD_SOCKET, request, CALL_TIMEOUT_S, reply_line, &reply,
				     &err);
	}
	node_report(&reply);
	if (rc) {
		error_print(rc, &err);
		others_print(&reply);
	}
	return rc;
}

static const char *scope_arg(enum clvmd_scope scope)
{
	return scope == CLVMD_ALL ? " scope=all" : " scope=local";
}

struct ping {
	bool is_inquorate;
	char node_name[128];
	char warning[512];	/* of the node */
};

static void ping_line(void *ctx, const char *key, const char *value)
{
	struct ping *ping = ctx;

	if (!strcmp(key, "quorate"))
		ping->is_inquorate = !strcmp(value, "0");
	else if (!strcmp(key, "node_name"))
		snprintf(ping->node_name, sizeof(ping->node_name), "%s", value);
	else if (!strcmp(key, "warning"))
		snprintf(ping->warning, sizeof(ping->warning), "%s", value);
}

int clvmd_ping(void)
{
	struct cm_errmsg err = { "" };
	struct ping ping = { .is_inquorate = false };
	int rc = ctl_client_call(CLVMD_SOCKET, "status", PING_TIMEOUT_S, ping_line, &ping, &err);

	if (rc) {
		error_print(rc, &err);
	} else if (ping.is_inquorate) {
		fprintf(stderr,
			"  %s: no quorum: bring back the other nodes or their network.\n",
			ping.node_name);
		rc = CM_E_CLU_NO_QUORUM;
	} else if (ping.warning[0]) {
		fprintf(stderr, "  %s\n", ping.warning);
		rc = CM_E_CLU_VERSION;
	}
	return rc;
}

/* The objects `mirror=` of a status, while they arrive. */
struct find {
	const char *vg, *lv;
	bool is_vg, is_lv, is_active, is_found;
};

static void find_line(void *ctx, const char *key, const char *value)
{
	struct find *find = ctx;

	if (!*key || !strcmp(key, "mirror"))
		find->is_vg = find->is_lv = find->is_active = false;
	else if (!strcmp(key, "vg"))
		find->is_vg = !strcmp(value, find->vg);
	else if (!strcmp(key, "lv"))
		find->is_lv = !strcmp(value, find->lv);
	else if (!strcmp(key, "active"))
		find->is_active |= !strcmp(value, "1");
	else if (!strcmp(key, "nodes"))
		find->is_active |= *value != '\0';
	find->is_found |= find->is_vg && find->is_lv && find->is_active;
}

bool clvmd_is_active(const char *vg, const char *lv)
{
	struct find find = { .vg = vg, .lv = lv };
	struct cm_errmsg err = { "" };

	if (ctl_client_call(CLVMD_SOCKET, "status", PING_TIMEOUT_S, find_line, &find, &err))
		return false;
	return find.is_found;
}

int clvmd_activate(const char *vg, const char *lv, enum clvmd_scope scope)
{
	static const char *const more[] = {
		[CLVMD_LOCAL] = " mode=shared scope=local",
		[CLVMD_ALL] = " mode=shared scope=all",
		[CLVMD_LOCAL_AUTO] = " mode=shared scope=local auto=1",
	};

	return call("activate", vg, lv, more[scope]);
}

int clvmd_deactivate(const char *vg, const char *lv, enum clvmd_scope scope)
{
	return call("deactivate", vg, lv, scope_arg(scope));
}

int clvmd_refresh(const char *vg, const char *lv)
{
	return call("refresh", vg, lv, "");
}

int clvmd_initlog(const char *vg, const char *lv, bool is_synced)
{
	return call("initlog", vg, lv, is_synced ? " sync=1" : " sync=0");
}
