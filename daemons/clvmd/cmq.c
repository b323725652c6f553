/* SPDX-License-Identifier: GPL-2.0-only */
/* cmq.c - requests to cmirrord, and its status read back. */
#include "daemons/clvmd/cmq.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon/ctl.h"
#include "lib/daemon/paths.h"

static int call(const char *request, ctl_line_fn *line, void *ctx, struct cm_errmsg *err)
{
	int r = ctl_client_call(CMIRRORD_SOCKET, request, CMQ_TIMEOUT_S, line, ctx, err);

	if (r == -ECONNREFUSED)
		cm_err_set(err, "cmirrord is not running: start it (systemctl start cmirrord)");
	else if (r == -ETIMEDOUT)
		cm_err_set(err, "cmirrord gives no answer in %d s: see its journal", CMQ_TIMEOUT_S);
	return r;
}

/* ---- status ---- */

static bool is_true(const char *value)
{
	return !strcmp(value, "1") || !strcmp(value, "yes") || !strcmp(value, "true");
}

static uint32_t list_parse(const char *value, uint32_t *node)
{
	uint32_t count = 0;

	while (*value && count < CMQ_NODES_MAX) {
		char *end;
		unsigned long id = strtoul(value, &end, 10);

		if (end == value)
			break;
		node[count++] = (uint32_t)id;
		value = *end == ',' ? end + 1 : end;
	}
	return count;
}

static void node_line(struct cmq_status *s, const char *key, const char *value)
{
	if (!strcmp(key, "nodeid"))
		s->nodeid = (uint32_t)strtoul(value, NULL, 10);
	else if (!strcmp(key, "quorate"))
		s->is_quorate = is_true(value);
	else if (!strcmp(key, "usable"))
		s->is_usable = is_true(value);
	else if (!strcmp(key, "fencing"))
		(void)snprintf(s->fencing, sizeof(s->fencing), "%.63s", value);
	else if (!strcmp(key, "members"))
		s->member_count = list_parse(value, s->member);
}

static void log_line(struct cmq_status *s, const char *key, const char *value)
{
	if (!strcmp(key, "state"))
		(void)snprintf(s->state, sizeof(s->state), "%.31s", value);
	else if (!strcmp(key, "why"))
		(void)snprintf(s->why, sizeof(s->why), "%.255s", value);
}

static void member_line(struct cmq_reader *r, const char *key, const char *value)
{
	struct cmq_status *s = r->status;

	if (!strcmp(key, "log"))
		(void)snprintf(r->member_log, sizeof(r->member_log), "%.128s", value);
	if (r->uuid && strcmp(r->member_log, r->uuid))
		return;
	if (!strcmp(key, "log") && s->log_member_count < CMQ_NODES_MAX)
		s->log_member[s->log_member_count++] = r->member;
	if (!strcmp(key, "gone") && is_true(value) && s->log_member_count)
		s->log_member_count--;
	if (r->member != s->nodeid)
		return;
	if (!strcmp(key, "needs_resume") && is_true(value)) {
		s->needs_resume = true;
		if (r->on_needs_resume)
			r->on_needs_resume(r->ctx, r->member_log);
	} else if (!strcmp(key, "leg_failed")) {
		s->has_failed_leg = is_true(value);
	} else if (!strcmp(key, "needs_reload")) {
		s->needs_reload = is_true(value);
	}
}

/* The first key of an object names its kind. */
static void object_begin(struct cmq_reader *r, const char *key, const char *value)
{
	if (!strcmp(key, "cmirrord")) {
		r->in = CMQ_IN_NODE;
	} else if (!strcmp(key, "log")) {
		bool is_wanted = !r->uuid || !strcmp(value, r->uuid);

		r->in = is_wanted ? CMQ_IN_LOG : CMQ_IN_OTHER;
		r->status->has_log = r->status->has_log || is_wanted;
	} else if (!strcmp(key, "member")) {
		r->in = CMQ_IN_MEMBER;
		r->member = (uint32_t)strtoul(value, NULL, 10);
		r->member_log[0] = '\0';
	} else {
		r->in = CMQ_IN_OTHER;
	}
}

void cmq_reader_line(void *reader, const char *key, const char *value)
{
	struct cmq_reader *r = reader;

	if (!*key)
		r->in = CMQ_AT_START;
	else if (r->in == CMQ_AT_START)
		object_begin(r, key, value);
	else if (r->in == CMQ_IN_NODE)
		node_line(r->status, key, value);
	else if (r->in == CMQ_IN_LOG)
		log_line(r->status, key, value);
	else if (r->in == CMQ_IN_MEMBER)
		member_line(r, key, value);
}

int cmq_status(const char *uuid, struct cmq_status *status, struct cm_errmsg *err)
{
	struct cmq_reader reader = { .status = status, .uuid = uuid ? uuid : "" };

	memset(status, 0, sizeof(*status));
	return call("levels", cmq_reader_line, &reader, err);
}

int cmq_needing_resume(void (*fn)(void *ctx, const char *uuid), void *ctx, struct cm_errmsg *err)
{
	struct cmq_status status;
	struct cmq_reader reader = { .status = &status, .on_needs_resume = fn, .ctx = ctx };

	memset(&status, 0, sizeof(status));
	return call("levels", cmq_reader_line, &reader, err);
}

/* ---- orders ---- */

static int add_number(char *buf, size_t size, const char *key, const char *fmt, uint64_t value)
{
	size_t len = strlen(buf);
	int n = snprintf(buf + len, size - len, " %s=", key);

	if (n < 0 || (size_t)n >= size - len)
		return -ENOSPC;
	len += (size_t)n;
	n = !strcmp(fmt, "x") ? snprintf(buf + len, size - len, "%016" PRIx64, value) :
				snprintf(buf + len, size - len, "%" PRIu64, value);
	return n < 0 || (size_t)n >= size - len ? -ENOSPC : 0;
}

/* What is on the log is lost or was never there; nothing but a new log helps. */
static bool needs_new_log(int r)
{
	return r == CM_E_DISK_MAGIC || r == CM_E_DISK_CSUM || r == CM_E_DISK_UUID;
}

static void client_line(void *ctx, const char *key, const char *value)
{
	enum mir_client *client = ctx;

	if (!strcmp(key, "client") && !strcmp(value, "kmod"))
		*client = MIR_CLIENT_MODULE;
}

int cmq_preflight(const struct mir *mir, struct mir_dev log_dev, uint32_t gen,
		  enum mir_client *client, struct cm_errmsg *err)
{
	char request[CTL_REQ_MAX] = "preflight", dev[32], name[300];
	struct cm_errmsg why = { .text = "" };
	int r = ctl_req_add(request, sizeof(request), "uuid", mir->log_uuid);

	(void)snprintf(name, sizeof(name), "%s/%s", mir->vg_name,
		       mir->has_log ? mir->log.lv_name : mir->lv_name);
	if (!r)
		r = ctl_req_add(request, sizeof(request), "name", name);

	if (!r)
		r = ctl_req_add(request, sizeof(request), "type",
				mir->has_log ? "clustered-disk" : "clustered-core");
	(void)snprintf(dev, sizeof(dev), "%u:%u", log_dev.major, log_dev.minor);
	if (!r && mir->has_log)
		r = ctl_req_add(request, sizeof(request), "logdev", dev);
	if (!r)
		r = add_number(request, sizeof(request), "len_sect", "u", mir->len_sect);
	if (!r)
		r = add_number(request, sizeof(request), "region_size_sect", "u",
			       mir->region_size_sect);
	if (!r)
		r = add_number(request, sizeof(request), "gen", "u", gen);
	if (!r)
		r = add_number(request, sizeof(request), "legs", "x", mir_legs_hash(mir));
	if (r)
		return r;
	*client = MIR_CLIENT_STOCK;
	r = call(request, client_line, client, &why);
	if (needs_new_log(r))
		cm_err_set(err, "%.300s: a wrong or damaged device? If it is the right one: "
			   "lvchange --resync %s/%s (copies everything anew)", why.text,
			   mir->vg_name, mir->lv_name);
	else if (r)
		cm_err_set(err, "%s", why.text);
	return r;
}

int cmq_legs(const char *uuid, const struct mir_dev *leg, uint32_t leg_count, struct cm_errmsg *err)
{
	char request[CTL_REQ_MAX] = "legs", devs[32 * MIR_LEGS_MAX] = "";
	size_t len = 0;
	int r = ctl_req_add(request, sizeof(request), "uuid", uuid);

	for (uint32_t i = 0; i < leg_count; i++)
		len += (size_t)snprintf(devs + len, sizeof(devs) - len, "%s%u:%u", i ? "," : "",
					leg[i].major, leg[i].minor);
	if (!r)
		r = ctl_req_add(request, sizeof(request), "devs", devs);
	return r ? r : call(request, NULL, NULL, err);
}

int cmq_quiesce(const char *uuid, bool is_on, struct cm_errmsg *err)
{
	char request[CTL_REQ_MAX] = "quiesce";
	int r = ctl_req_add(request, sizeof(request), "uuid", uuid);

	if (!r)
		r = ctl_req_add(request, sizeof(request), "on", is_on ? "1" : "0");
	return r ? r : call(request, NULL, NULL, err);
}
