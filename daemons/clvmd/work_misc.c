/* SPDX-License-Identifier: GPL-2.0-only */
/* work_misc.c - refresh, initlog, resolve, watch. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemons/clvmd/work.h"
#include "lib/daemon/memlock.h"
#include "lib/mirror/activate.h"
#include "lib/mirror/log_init.h"
#include "lib/mirror/refresh.h"

/* ---- refresh: suspend and resume here ---- */

static struct {
	bool is_active, with_reload;
	struct mir_live live;
} refresh;

/* The kernel remembers a failed leg, and the regions it writes past a leg, per table. */
static bool needs_new_table(const struct cmq_status *s)
{
	return s->has_failed_leg || s->needs_reload;
}

/* With the mirror suspended. A new table is always right, so also when nobody can say. */
static bool look_again(void)
{
	struct cm_errmsg ignored;
	struct cmq_status s;
	bool is_needed =
		cmq_status(refresh.live.log_uuid, &s, &ignored) || needs_new_table(&s);

	if (is_needed)
		work_say("log a leg failed meanwhile: resuming with a new table");
	return is_needed;
}

static void decide_reload(struct work *w, const struct cmq_status *s)
{
	refresh.with_reload = needs_new_table(s);
	if (refresh.with_reload)
		(void)snprintf(w->note, sizeof(w->note), "with a new table: %s",
			       s->has_failed_leg ? "a leg has failed" : "writes pass a leg by");
}

static int refresh_prepare(struct work *w, struct cm_errmsg *err)
{
	struct cmq_status s;
	struct dmdev_info info;
	int fd, r = record_dir_create(err);

	if (r)
		return r;
	fd = record_lock(w->dm_uuid, WORK_LOCK_WAIT_MS);	/* held until this process ends */
	if (fd < 0) {
		cm_err_set(err, "another operation on %s/%s does not end here", w->vg, w->lv);
		return fd;
	}
	r = act_probe(w->dm_uuid, &info, &refresh.live, err);
	if (r)
		return r;
	refresh.is_active = info.exists && refresh.live.is_ours;
	if (!refresh.is_active) {
		(void)snprintf(w->note, sizeof(w->note), "not active there");
		return 0;
	}
	/* Without cmirrord the RESUME would wait for it: nothing is suspended then. */
	r = cmq_status(refresh.live.log_uuid, &s, err);
	if (!r)
		decide_reload(w, &s);
	return r;
}

static int lock_memory(struct cm_errmsg *err)
{
	int r = memlock_all(256u << 10, 1u << 20, err);

	if (!r)
		err->text[0] = '\0';
	return r;
}

static int refresh_go(struct work *w, struct cm_errmsg *err)
{
	struct cm_errmsg ignored;
	int r;

	if (!refresh.is_active)
		return 0;
	r = refresh_protect(lock_memory, err);
	if (r)
		return r;
	if (cmq_quiesce(refresh.live.log_uuid, true, &ignored))
		work_say("log cmirrord does not answer");
	r = refresh_mirror(w->dm_uuid, refresh.with_reload, look_again, err);
	if (cmq_quiesce(refresh.live.log_uuid, false, &ignored))
		work_say("log cmirrord does not answer");
	return r;
}

const struct work_ops work_refresh_ops = {
	.verb = "refresh", .prepare = refresh_prepare, .go = refresh_go,
};

/* ---- initlog ---- */

static int initlog_prepare(struct work *w, struct cm_errmsg *err)
{
	return work_read_mir(w, err);
}

static int initlog_go(struct work *w, struct cm_errmsg *err)
{
	return log_init(w->mir, w->is_sync, err);
}

const struct work_ops work_initlog_ops = {
	.verb = "initlog", .prepare = initlog_prepare, .go = initlog_go,
};

/* ---- resolve: vg/lv to its dm uuid ---- */

static int resolve_prepare(struct work *w, struct cm_errmsg *err)
{
	int r = work_read_mir(w, err);

	if (!r)
		work_say("found %s", w->mir->dm_uuid);
	return r;
}

const struct work_ops work_resolve_ops = { .verb = "resolve", .prepare = resolve_prepare };

/* ---- watch: cmirrord's wishes, until clvmd is gone ---- */

static void say_needs(void *ctx, const char *uuid)
{
	(void)ctx;
	work_say("needs_resume %s", uuid);
}

/* clvmd writes a line when something has changed; otherwise once in two seconds. */
static bool wait_turn(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char buf[64];

	return poll(&p, 1, 2000) <= 0 || read(STDIN_FILENO, buf, sizeof(buf)) > 0;
}

static int watch_prepare(struct work *w, struct cm_errmsg *err)
{
	bool was_up = false;

	(void)w;
	do {
		bool is_up = !cmq_needing_resume(say_needs, NULL, err);

		if (is_up != was_up)
			work_say("cmirrord %s", is_up ? "up" : "down");
		was_up = is_up;
	} while (wait_turn());
	return 0;
}

const struct work_ops work_watch_ops = { .verb = "watch", .prepare = watch_prepare };
