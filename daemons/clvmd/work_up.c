/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * work_up.c - activate: prepare asks everything that can say no (metadata, lists, lvmlockd,
 * cmirrord), go loads.
 *
 * The LV lock is held from before the first device exists until after the last is gone (hazard
 * L16).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/clvmd/work.h"
#include "lib/locking/lvmlockd.h"
#include "lib/mirror/activate.h"
#include "lib/mirror/autoact.h"

struct up {
	struct mir *mir;
	struct act act;
	enum mir_client client;		/* that its table is loaded with */
	struct record record;
	struct record before;		/* what was known of it; phase 0 = nothing */
	bool was_active;		/* already, ours: nothing to do, nothing to take back */
	bool is_skipped;		/* the lists do not want it here */
	bool is_locked;
	int lock_fd;
};

static struct up up;

static int check_metadata(struct work *w, const struct mir *mir, struct cm_errmsg *err)
{
	if (mir->is_new) {
		cm_err_set(err,
			   "%s/%s is still being made (tag " MIR_TAG_NEW
			   "): remove it when nothing makes it",
			   w->vg, w->lv);
		return -EBUSY;
	}
	if (!strcmp(mir->lock_type, "none") && w->is_local_provider)
		return 0;
	if (!strcmp(mir->lock_type, "none")) {
		cm_err_set(err, "volume group %s is not shared: vgchange --lock-type dlm %s", w->vg,
			   w->vg);
		return -ENOTSUP;
	}
	if (strcmp(mir->lock_type, "dlm")) {
		cm_err_set(err,
			   "volume group %s has lock type %s: clustered mirrors need lock type dlm "
			   "(vgchange --lock-type none %s, then --lock-type dlm)",
			   w->vg, mir->lock_type, w->vg);
		return -ENOTSUP;
	}
	return mir_check_complete(mir, err);
}

/* activation/volume_list holds for everybody, the other list for automatic activation. */
static int check_lists(struct work *w, const struct mir *mir, struct cm_errmsg *err)
{
	struct autoact_lists lists;
	int r = autoact_read(&lists, err);

	if (r)
		return r;
	up.is_skipped = !autoact_allows(&lists, AUTOACT_LIST, mir, err) ||
			(w->is_auto && !autoact_allows(&lists, AUTOACT_AUTO_LIST, mir, err));
	if (!up.is_skipped && w->is_auto && !mir->may_autoactivate) {
		up.is_skipped = true;
		cm_err_set(err, "autoactivation of %s/%s is switched off", w->vg, w->lv);
	}
	autoact_free(&lists);
	return 0;
}

static int check_device(struct work *w, const struct mir *mir, struct cm_errmsg *err)
{
	struct dmdev_info info;
	struct mir_live live;
	uint32_t cookie = 0;
	int r = act_probe(mir->dm_uuid, &info, &live, err);

	if (r || !info.exists)
		return r;
	if (!info.has_live_table) {	/* left by a worker that was killed */
		r = dmdev_remove(mir->dm_uuid, 1000, &cookie, err);
		dmdev_udev_wait(&cookie);
		return r;
	}
	if (!live.is_ours) {
		cm_err_set(err, "%s/%s is active exclusively here: lvchange -an %s/%s first", w->vg,
			   w->lv, w->vg, w->lv);
		return -EBUSY;
	}
	up.was_active = true;
	return 0;
}

static bool has_node(const uint32_t *node, uint32_t count, uint32_t nodeid)
{
	for (uint32_t i = 0; i < count; i++)
		if (node[i] == nodeid)
			return true;
	return false;
}

static int check_cmirrord(struct work *w, struct cm_errmsg *err)
{
	struct cmq_status s;
	int r = cmq_status(NULL, &s, err);

	if (r)
		return r;
	if (!s.is_quorate) {
		cm_err_set(err, "no quorum: start more nodes of the cluster");
		return CM_E_CLU_NO_QUORUM;
	}
	for (uint32_t i = 0; w->is_all && w->view_count && i < s.member_count; i++) {
		if (has_node(w->view, w->view_count, s.member[i]))
			continue;
		cm_err_set(err, "node %u", s.member[i]);
		return WORK_E_ABSENT;
	}
	return 0;
}

static void record_fill(struct work *w, const struct mir *mir)
{
	struct record *rec = &up.record;

	memset(rec, 0, sizeof(*rec));
	rec->is_all = w->is_all || w->is_auto;
	(void)snprintf(rec->vg, sizeof(rec->vg), "%s", mir->vg_name);
	(void)snprintf(rec->lv, sizeof(rec->lv), "%s", mir->lv_name);
	(void)snprintf(rec->dm_uuid, sizeof(rec->dm_uuid), "%s", mir->dm_uuid);
	(void)snprintf(rec->log_uuid, sizeof(rec->log_uuid), "%s", mir->log_uuid);
	if (strcmp(mir->lock_type, "dlm"))
		return;		/* no locks in a local VG */
	(void)snprintf(rec->vg_lock_args, sizeof(rec->vg_lock_args), "%s", mir->vg_lock_args);
	(void)snprintf(rec->lv_lock_args, sizeof(rec->lv_lock_args), "%s",
		       *mir->lv_lock_args ? mir->lv_lock_args : "dlm");
}

static int lock_take(struct cm_errmsg *err)
{
	struct record *rec = &up.record;
	struct lvmlockd_lv lv = {
		.vg_name = rec->vg, .vg_lock_args = rec->vg_lock_args, .lv_name = rec->lv,
		.lv_uuid = up.mir->lv_uuid, .lv_lock_args = rec->lv_lock_args,
	};
	int r;

	/* Written first: whoever finds the record without a worker knows what to take away. */
	rec->phase = up.was_active ? RECORD_ACTIVE : RECORD_STARTING;
	r = record_write(rec, err);
	if (r)
		return r;
	if (*rec->lv_lock_args)
		r = lvmlockd_lock_lv(&lv, LVMLOCKD_SH, err);
	up.is_locked = !r;
	return r;
}

/* What was not active before is gone, lock last. */
static int take_down(struct cm_errmsg *err)
{
	struct cm_errmsg second;
	int r = 0, u = 0;

	if (up.was_active || up.is_skipped)
		return 0;
	r = act_undo(&up.act, err);
	if (r)
		return r;	/* the record stays: the next start tries again */
	if (up.is_locked)
		u = work_unlock(&up.record, &second);
	if (u)
		cm_err_set(err, "%s", second.text);
	else if (up.before.phase)
		u = record_write(&up.before, err);
	else
		record_remove(up.record.dm_uuid);
	up.is_locked = false;
	return u;
}

static int prepare_devices(struct work *w, struct cm_errmsg *err)
{
	int r = check_cmirrord(w, err);

	if (!r)
		r = lock_take(err);
	if (r || up.was_active)
		return r;
	r = act_log_up(&up.act, err);
	if (!r)
		r = cmq_preflight(up.mir, up.act.devs.log, MIR_GEN_FIRST, &up.client, err);
	return r;
}

/* Cheap questions before the costly ones: this one is asked every few seconds until locking is
 * started. */
static int check_started(struct work *w, struct cm_errmsg *err)
{
	bool is_started;
	int r;

	if (!w->is_auto || w->is_local_provider)
		return 0;
	r = lvmlockd_vg_started(w->vg, &is_started, err);
	if (!r && !is_started) {
		cm_err_set(err,
			   "locking of volume group %s is not started: vgchange --lockstart %s",
			   w->vg, w->vg);
		return WORK_E_NOT_YET;
	}
	return r;
}

static int find_mirror(struct work *w, struct cm_errmsg *err)
{
	int r = check_started(w, err);

	if (!r) {
		up.lock_fd = record_lock(w->dm_uuid, WORK_LOCK_WAIT_MS);
		r = up.lock_fd < 0 ? up.lock_fd : 0;
		if (r)
			cm_err_set(err, "another operation on %s/%s does not end here", w->vg,
				   w->lv);
	}
	if (!r)
		r = work_read_mir(w, err);
	up.mir = w->mir;
	if (!r)
		r = check_metadata(w, up.mir, err);
	if (!r)
		r = check_lists(w, up.mir, err);
	return r;
}

static int up_prepare(struct work *w, struct cm_errmsg *err)
{
	struct cm_errmsg undo_err;
	int r = record_dir_create(err);

	if (!r)
		r = find_mirror(w, err);
	if (r)
		return r;
	if (up.is_skipped) {
		(void)snprintf(w->note, sizeof(w->note), "not activated: %.400s", err->text);
		return 0;
	}
	if (record_read(w->dm_uuid, &up.before))
		up.before.phase = 0;
	act_init(&up.act, up.mir);
	record_fill(w, up.mir);
	r = check_device(w, up.mir, err);
	if (!r)
		r = prepare_devices(w, err);
	if (r && take_down(&undo_err))
		work_say("log undo: %s", undo_err.text);
	return r;
}

/* The RESUME ioctl succeeds whatever the log's server said: ask the server. */
static int check_served(struct cm_errmsg *err)
{
	struct cmq_status s;
	int r = cmq_status(up.mir->log_uuid, &s, err);

	if (r)
		return r;
	if (!s.has_log) {
		cm_err_set(err, "cmirrord does not know the log of %s/%s", up.record.vg,
			   up.record.lv);
		return -ENOENT;
	}
	if (!strcasecmp(s.state, "REFUSED") || !strcasecmp(s.state, "FAILED")) {
		cm_err_set(err, "cmirrord refuses %s/%s: %s", up.record.vg, up.record.lv,
			   *s.why && strcasecmp(s.why, s.state) ? s.why : "see its journal");
		return -EIO;
	}
	return 0;
}

static int up_go(struct work *w, struct cm_errmsg *err)
{
	struct cm_errmsg undo_err;
	int r;

	if (up.is_skipped)
		return 0;
	if (up.was_active) {
		(void)snprintf(w->note, sizeof(w->note), "was active");
		return 0;
	}
	r = act_legs_up(&up.act, err);
	if (!r)
		r = act_mirror_up(&up.act, MIR_GEN_FIRST, up.client, err);
	if (!r)
		r = check_served(err);
	if (!r)
		r = cmq_legs(up.mir->log_uuid, up.act.devs.leg, up.mir->leg_count, err);
	if (!r) {
		up.record.phase = RECORD_ACTIVE;
		r = record_write(&up.record, err);
	}
	act_settle(&up.act);
	if (r && take_down(&undo_err))
		work_say("log undo: %s", undo_err.text);
	return r;
}

static int up_undo(struct work *w, struct cm_errmsg *err)
{
	(void)w;
	return take_down(err);
}

const struct work_ops work_up_ops = {
	.verb = "activate", .prepare = up_prepare, .go = up_go, .undo = up_undo,
};
