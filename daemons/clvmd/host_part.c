/* SPDX-License-Identifier: GPL-2.0-only */
/* host_part.c - this node's part in operations: one worker each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/clvmd/host.h"
#include "lib/daemon/lg.h"

static void on_line(void *ctx, char *line);
static void on_end(void *ctx);

static struct part *part_find(struct host *h, uint64_t op)
{
	for (uint32_t i = 0; i < HOST_PARTS_MAX; i++)
		if (h->part[i].state != PART_FREE && h->part[i].op == op)
			return &h->part[i];
	return NULL;
}

bool part_is_on(const struct host *h, const char *dm_uuid)
{
	for (uint32_t i = 0; i < HOST_PARTS_MAX; i++)
		if (h->part[i].state != PART_FREE && !strcmp(h->part[i].dm_uuid, dm_uuid))
			return true;
	return false;
}

static void answer(struct host *h, uint64_t op, uint8_t type, int code, const char *text)
{
	struct cvw_msg msg = { .type = type, .op = op, .code = code > 0 ? -EIO : code };

	/* To those who ask us, this one says that clvmd itself is not there. */
	if (code == -ECONNREFUSED)
		msg.code = -ESRCH;
	(void)snprintf(msg.text, sizeof(msg.text), "%.479s", text);
	for (char *c = msg.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
	host_send(h, &msg);
}

/* What only the daemon knows; the worker asks the rest. Returns 0 or the code of the refusal. */
static int check_node(struct host *h, const struct cvw_msg *msg, struct cm_errmsg *err)
{
	if (*h->refused && !msg->target) {
		cm_err_set(err, "%s", h->refused);
		return CM_E_CLU_VERSION;
	}
	if (msg->verb != CVW_ACTIVATE)
		return 0;
	if (!host_is_quorate(h)) {
		cm_err_set(err, "no quorum: start more nodes of the cluster");
		return CM_E_CLU_NO_QUORUM;
	}
	if (!h->allow_no_fencing && !clu_fencing_on(h->clu)) {
		cm_err_set(err, "fencing is switched off: set enable_fencing=1 in dlm.conf "
			   "(or, at the risk of the data, allow_no_fencing = 1 in %s)",
			   CM_CONF_FILE);
		return CM_E_CLU_NO_FENCING;
	}
	return 0;
}

static int worker_start(struct host *h, struct part *part, const struct cvw_msg *msg)
{
	char vg[CVW_NAME_BYTES + 8], lv[CVW_NAME_BYTES + 8], uuid[CVW_DM_UUID_BYTES + 16];
	char view[HOST_NODES_MAX * 12 + 8] = "view=", provider[64];
	const char *args[CHILD_ARGS_MAX] = {
		cvw_verb_name(msg->verb), vg, lv, uuid, view, provider,
		msg->flags & CVW_F_AUTO ? "auto=1" : "auto=0",
		msg->flags & CVW_F_ALL ? "all=1" : "all=0",
		msg->flags & CVW_F_SYNC ? "sync=1" : "sync=0", NULL,
	};

	(void)snprintf(vg, sizeof(vg), "vg=%s", msg->vg);
	(void)snprintf(lv, sizeof(lv), "lv=%s", msg->lv);
	(void)snprintf(uuid, sizeof(uuid), "dm_uuid=%s", msg->dm_uuid);
	(void)snprintf(provider, sizeof(provider), "provider=%s", h->provider);
	for (uint32_t i = 0; i < h->view.member_count && i < HOST_NODES_MAX; i++) {
		size_t len = strlen(view);

		(void)snprintf(view + len, sizeof(view) - len, "%s%u", i ? "," : "",
			       h->view.member[i]);
	}
	return child_start(&part->child, h->loop, args, on_line, on_end, part);
}

static void part_begin(struct host *h, uint32_t from, const struct cvw_msg *msg)
{
	struct part *part = NULL;
	struct cm_errmsg err;
	int r;

	if (msg->target && msg->target != clu_nodeid(h->clu))
		return;
	for (uint32_t i = 0; !part && i < HOST_PARTS_MAX; i++)
		if (h->part[i].state == PART_FREE)
			part = &h->part[i];
	if (!part) {
		answer(h, msg->op, CVW_READY, -EBUSY, "too many operations at a time: try again");
		return;
	}
	r = check_node(h, msg, &err);
	if (r) {
		answer(h, msg->op, CVW_READY, r, err.text);
		return;
	}
	*part = (struct part){ .state = PART_PREPARING, .host = h, .op = msg->op, .leader = from,
			       .verb = msg->verb };
	memcpy(part->dm_uuid, msg->dm_uuid, sizeof(part->dm_uuid));
	memcpy(part->vg, msg->vg, sizeof(part->vg));
	memcpy(part->lv, msg->lv, sizeof(part->lv));
	r = worker_start(h, part, msg);
	if (r) {
		part->state = PART_FREE;
		answer(h, msg->op, CVW_READY, r, "no process for it");
		return;
	}
}

static void part_undo(struct part *part)
{
	if (part->is_undo_asked || part->state == PART_ENDING)
		return;
	part->is_undo_asked = true;
	/* A worker that is still busy reads it when it gets there. */
	child_order(&part->child, "undo");
}

void part_message(struct host *h, uint32_t from, const struct cvw_msg *msg)
{
	struct part *part;

	if (msg->type == CVW_OP) {
		part_begin(h, from, msg);
		return;
	}
	part = part_find(h, msg->op);
	if (!part || from != part->leader)
		return;
	if (msg->type == CVW_GO && part->state == PART_READY) {
		part->state = PART_GOING;
		child_order(&part->child, "go");
	} else if (msg->type == CVW_UNDO) {
		part_undo(part);
	} else if (msg->type == CVW_END) {
		/* Only a finished one may take it as the end: a busy one was asked to undo, or gave
		 * up. */
		if (part->state == PART_DONE)
			child_order(&part->child, "end");
	}
}

/* The leader is gone: what waits for its GO is undone, what got GO stays. */
void part_view(struct host *h)
{
	for (uint32_t i = 0; i < HOST_PARTS_MAX; i++) {
		struct part *part = &h->part[i];

		if (part->state == PART_FREE || host_in_view(h, part->leader))
			continue;
		if (part->state == PART_DONE)
			child_order(&part->child, "end");
		else if (part->state != PART_GOING)
			part_undo(part);
	}
}

static void on_result(struct part *part, const char *stage, int code, const char *text)
{
	struct host *h = part->host;

	if (code)
		lg_warn("%s %s/%s: %s", cvw_verb_name(part->verb), part->vg, part->lv, text);
	else
		lg_info("%s %s/%s: %s%s%s", cvw_verb_name(part->verb), part->vg, part->lv, stage,
			*text ? ", " : "", text);
	if (!strcmp(stage, "ready")) {
		part->was_skipped = !code && *text && part->verb == CVW_ACTIVATE;
		part->state = code ? PART_ENDING : PART_READY;
		answer(h, part->op, CVW_READY, code, text);
	} else if (!strcmp(stage, "done")) {
		part->state = code ? PART_ENDING : PART_DONE;
		host_mirror_update(h, part->dm_uuid);
		answer(h, part->op, CVW_DONE, code, text);
		if (!code && !part->is_undo_asked && !host_in_view(h, part->leader))
			child_order(&part->child, "end");
	} else {
		part->state = PART_ENDING;
		host_mirror_update(h, part->dm_uuid);
		answer(h, part->op, CVW_UNDONE, code, text);
	}
}

static void on_line(void *ctx, char *line)
{
	struct part *part = ctx;
	char stage[16];
	int code, at = 0;

	if (!strncmp(line, "log ", 4))
		lg_info("%s", line + 4);
	else if (sscanf(line, "%15s %d%n", stage, &code, &at) == 2)
		on_result(part, stage, code, line + at + (line[at] == ' '));
}

static void on_end(void *ctx)
{
	struct part *part = ctx;
	struct host *h = part->host;
	struct mirror *m;

	/* Killed, or it crashed: say something in its place, so that nobody waits for a time-out,
	 * and take away what it had begun. */
	if (part->state != PART_ENDING && part->state != PART_DONE)
		host_scan(h);
	if (part->is_undo_asked && part->state != PART_ENDING)
		answer(h, part->op, CVW_UNDONE, -EIO, "the worker died");
	else if (part->state == PART_PREPARING || part->state == PART_READY)
		answer(h, part->op, CVW_READY, -EIO, "the worker died");
	else if (part->state == PART_GOING)
		answer(h, part->op, CVW_DONE, -EIO, "the worker died");
	part->state = PART_FREE;
	host_mirror_update(h, part->dm_uuid);
	m = host_mirror_find(h, part->dm_uuid);
	if (m && !m->is_mine && (part->was_skipped || part->verb == CVW_DEACTIVATE))
		m->is_declined = true;
}
