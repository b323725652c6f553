/* SPDX-License-Identifier: GPL-2.0-only */
/* host_auto.c - activation of what the others have, resumes that cmirrord asks for, and the watcher
 * that hears it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/clvmd/host.h"
#include "daemons/clvmd/work.h"
#include "lib/daemon/lg.h"

#define FIRST_TRY_MS 2000u /* the operation that made it active may still be on its way to us */
#define RETRY_MS	5000u
#define SLOW_RETRY_MS	20000u
#define OWN_OPS_MAX	4u
#define WATCH_RETRY_MS	2000u

/* ---- activation of what the others have ---- */

static bool others_want(const struct mirror *m)
{
	for (uint32_t i = 0; i < m->node_count; i++)
		if (m->node[i].is_all)
			return true;
	return false;
}

static bool stays_down(const struct mirror *m)
{
	struct record rec;

	if (m->is_declined || record_read(m->dm_uuid, &rec))
		return m->is_declined;
	return rec.phase == RECORD_DOWN || (rec.phase == RECORD_UNLOCKING && !rec.is_all);
}

void auto_wish(struct host *h, struct mirror *m)
{
	if (!m->is_mine && !m->retry_at_ms && others_want(m) && !stays_down(m)) {
		m->retry_at_ms = loop_now_ms(h->loop) + FIRST_TRY_MS;
		m->was_retry_told = false;
	}
}

/* A node that joins may want hundreds: a few at a time, or they only wait for each other. */
static bool enough_going(const struct host *h)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < HOST_OPS_MAX; i++)
		count += h->op[i].state != OP_FREE && !h->op[i].conn;
	return count >= OWN_OPS_MAX;
}

static void try_now(struct host *h, struct mirror *m, uint64_t now_ms)
{
	struct op_ask ask = { .verb = CVW_ACTIVATE, .flags = CVW_F_AUTO, .vg = m->vg, .lv = m->lv,
			      .dm_uuid = m->dm_uuid };
	struct cm_errmsg err;

	m->retry_at_ms = 0;
	if (m->is_mine || !others_want(m) || stays_down(m))
		return;
	if (enough_going(h)) {
		m->retry_at_ms = now_ms + HOST_TICK_MS;
		return;
	}
	m->retry_at_ms = now_ms + RETRY_MS;
	if (part_is_on(h, m->dm_uuid) || op_is_on(h, m->dm_uuid) || !host_is_quorate(h))
		return;
	if (op_start(h, &ask, &err))
		lg_warn("%s/%s is not activated here now: %s", m->vg, m->lv, err.text);
}

void auto_op_ended(struct host *h, const struct op *op, int code, const char *text)
{
	struct mirror *m = host_mirror_find(h, op->dm_uuid);

	/* With a connection it was somebody else's idea, and theirs to try again. */
	if (!m || op->verb != CVW_ACTIVATE || !(op->flags & CVW_F_AUTO) || op->conn)
		return;
	if (!code) {
		m->retry_at_ms = 0;
		return;
	}
	/* Locking that is not started yet is cheap to ask for, and usual; anything else is not. */
	if (code != WORK_E_NOT_YET)
		m->retry_at_ms = loop_now_ms(h->loop) + SLOW_RETRY_MS;
	if (!m->was_retry_told) {
		lg_warn("%s/%s is active on other nodes, but not here yet: %s", m->vg, m->lv, text);
		m->was_retry_told = true;
	}
}

/* ---- resumes ---- */

static void resume_wanted(struct host *h, const char *log_uuid)
{
	struct op_ask ask = { .verb = CVW_REFRESH };
	struct cm_errmsg err;

	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++) {
		struct mirror *m = &h->mirror[i];

		if (!m->is_mine || strcmp(m->log_uuid, log_uuid))
			continue;
		if (part_is_on(h, m->dm_uuid) || op_is_on(h, m->dm_uuid))
			return;
		ask.vg = m->vg;
		ask.lv = m->lv;
		ask.dm_uuid = m->dm_uuid;
		lg_info("%s/%s: recovery after a failure needs a suspend and resume here", m->vg,
			m->lv);
		if (op_start(h, &ask, &err))
			lg_warn("%s/%s: %s", m->vg, m->lv, err.text);
		return;
	}
}

/* ---- the watcher ---- */

static void on_scan_end(void *ctx)
{
	struct host *h = ctx;

	if (!h->is_rescan_due)
		h->later[0] = '\0';
	if (h->is_scan_due)
		host_scan(h);
}

void host_scan(struct host *h)
{
	const char *const args[] = { "scan", host_is_quorate(h) ? "alone=0" : "alone=1", NULL };

	h->is_scan_due = child_is_running(&h->scan);
	if (!h->is_scan_due &&
	    child_start(&h->scan, h->loop, args, host_scan_line, on_scan_end, h))
		lg_warn("no process for a scan");
}

static void on_watch_line(void *ctx, char *line)
{
	struct host *h = ctx;

	if (!strncmp(line, "needs_resume ", 13)) {
		resume_wanted(h, line + 13);
	} else if (!strcmp(line, "cmirrord up")) {
		/* A new cmirrord does not know the legs of tables it was handed again. */
		if (h->was_cmirrord_up)
			host_scan(h);
		h->was_cmirrord_up = true;
	} else if (!strcmp(line, "cmirrord down")) {
		lg_warn("cmirrord does not answer");
	}
}

static void on_watch_end(void *ctx)
{
	struct host *h = ctx;

	h->watch_at_ms = loop_now_ms(h->loop) + WATCH_RETRY_MS;
}

void auto_watch_start(struct host *h)
{
	static const char *const args[] = { "watch", NULL };

	h->watch_at_ms = LOOP_NEVER;
	if (child_start(&h->watch, h->loop, args, on_watch_line, on_watch_end, h))
		on_watch_end(h);
}

void auto_tick(struct host *h, uint64_t now_ms)
{
	if (h->watch_at_ms <= now_ms)
		auto_watch_start(h);
	if (h->is_rescan_due && h->rescan_at_ms <= now_ms && h->has_view && h->view.usable) {
		h->is_rescan_due = false;
		h->rescan_at_ms = now_ms + RETRY_MS;
		host_scan(h);
	}
	for (uint32_t i = 0; i < HOST_MIRRORS_MAX; i++) {
		struct mirror *m = &h->mirror[i];

		if (*m->dm_uuid && m->retry_at_ms && m->retry_at_ms <= now_ms)
			try_now(h, m, now_ms);
	}
}
