/* SPDX-License-Identifier: GPL-2.0-only */
/* leave.c - see leave.h. A client of the control socket, in a process of its own. */
#include "daemons/clvmd/leave.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/clvmd/host.h"
#include "lib/daemon/paths.h"

#define STATUS_TIMEOUT_S	20
/* A node's own stage, and time to queue behind an operation of another node. */
#define ONE_TIMEOUT_S		(HOST_LOCK_TIMEOUT_S + 2 * HOST_TIMEOUT_S)

struct active {
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES];
	bool is_mine;
};

struct active_list {
	uint32_t count;
	bool is_in;		/* the object being read is a mirror */
	struct active at[HOST_MIRRORS_MAX];
};

/* Objects of a status reply that begin with "mirror". */
static void status_line(void *ctx, const char *key, const char *value)
{
	struct active_list *list = ctx;
	struct active *last;

	if (!*key || !strcmp(key, "mirror")) {
		list->is_in = *key && list->count < HOST_MIRRORS_MAX;
		list->count += list->is_in;
		return;
	}
	if (!list->is_in)
		return;
	last = &list->at[list->count - 1];
	if (!strcmp(key, "vg"))
		(void)snprintf(last->vg, sizeof(last->vg), "%.127s", value);
	else if (!strcmp(key, "lv"))
		(void)snprintf(last->lv, sizeof(last->lv), "%.127s", value);
	else if (!strcmp(key, "active"))
		last->is_mine = !strcmp(value, "1");
}

static int down_one(const struct active *active)
{
	char request[CTL_REQ_MAX] = "deactivate scope=local";
	struct cm_errmsg err = { .text = "" };
	int r = ctl_req_add(request, sizeof(request), "vg", active->vg);

	if (!r)
		r = ctl_req_add(request, sizeof(request), "lv", active->lv);
	if (!r)
		r = ctl_client_call(CLVMD_SOCKET, request, ONE_TIMEOUT_S, NULL, NULL, &err);
	if (r)
		(void)fprintf(stderr, "clvmd: %s/%s stays active: %s\n", active->vg, active->lv,
			      *err.text ? err.text : cm_strerror(r));
	return r;
}

int leave_all(void)
{
	static struct active_list list;
	struct cm_errmsg err = { .text = "" };
	int failed_count = 0;
	int r = ctl_client_call(CLVMD_SOCKET, "status", STATUS_TIMEOUT_S, status_line, &list, &err);

	if (r) {
		(void)fprintf(stderr, "clvmd: nothing is taken down: %s\n",
			      r == -ECONNREFUSED ?
				      "no clvmd runs here (systemctl start clvmd)" : err.text);
		return 1;
	}
	for (uint32_t i = 0; i < list.count; i++)
		if (list.at[i].is_mine)
			failed_count += down_one(&list.at[i]) != 0;
	return failed_count ? 1 : 0;
}
