/* SPDX-License-Identifier: GPL-2.0-only */
/* work_down.c - deactivate: prepare finds out whether it may, go removes; the LV lock goes last
 * (hazard L16). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemons/clvmd/work.h"
#include "lib/mirror/activate.h"

#define OPEN_WAIT_MS 3000u /* udev's probes of a device that was just written to or activated */
#define REMOVE_RETRY_MS	5000u
#define CMIRRORD_WAIT_S	6

struct down {
	struct record record;
	bool has_record;
	bool is_active;		/* ours, here */
	struct mir_live live;
	int lock_fd;
};

static struct down down;

static int check_members(struct work *w, struct cm_errmsg *err)
{
	struct cmq_status s;

	/* Without a cmirrord nobody can say; deactivating is allowed all the same. */
	if (!w->is_all || !w->view_count || cmq_status(down.live.log_uuid, &s, err))
		return 0;
	for (uint32_t i = 0; i < s.log_member_count; i++) {
		bool has_clvmd = false;

		for (uint32_t v = 0; v < w->view_count; v++)
			has_clvmd = has_clvmd || w->view[v] == s.log_member[i];
		if (!has_clvmd) {
			cm_err_set(err, "node %u", s.log_member[i]);
			return WORK_E_ABSENT;
		}
	}
	return 0;
}

static int wait_closed(struct work *w, struct cm_errmsg *err)
{
	static const struct timespec step = { .tv_nsec = 100 * 1000000 };
	struct dmdev_info info;

	for (uint32_t waited_ms = 0;; waited_ms += 100) {
		int r = dmdev_info(w->dm_uuid, &info, err);

		if (r || !info.exists || !info.open_count)
			return r;
		if (waited_ms >= OPEN_WAIT_MS)
			break;
		(void)nanosleep(&step, NULL);
	}
	cm_err_set(err, "%s/%s is in use (open count %u): unmount or close it first", w->vg, w->lv,
		   info.open_count);
	return -EBUSY;
}

static int quiesce(bool is_on)
{
	struct cm_errmsg ignored;

	return down.is_active ? cmq_quiesce(down.live.log_uuid, is_on, &ignored) : 0;
}

/*
 * Without cmirrord the kernel's log client waits for it in the middle of the removal, in an ioctl
 * that nothing ends. It is started again within a second or two; longer is for a person to mend.
 */
static int quiesce_begin(struct cm_errmsg *err)
{
	static const struct timespec second = { .tv_sec = 1 };
	int r = cmq_quiesce(down.live.log_uuid, true, err);

	for (int i = 0; i < CMIRRORD_WAIT_S && r == -ECONNREFUSED; i++) {
		(void)nanosleep(&second, NULL);
		r = cmq_quiesce(down.live.log_uuid, true, err);
	}
	if (r == -ECONNREFUSED || r == -ETIMEDOUT)
		return r;
	if (r)
		work_say("log cmirrord: %s", err->text);
	return 0;
}

static int down_prepare(struct work *w, struct cm_errmsg *err)
{
	struct dmdev_info info;
	int r = record_dir_create(err);

	if (r)
		return r;
	down.lock_fd = record_lock(w->dm_uuid, WORK_LOCK_WAIT_MS);
	if (down.lock_fd < 0) {
		cm_err_set(err, "another operation on %s/%s does not end here", w->vg, w->lv);
		return down.lock_fd;
	}
	down.has_record = !record_read(w->dm_uuid, &down.record);
	r = act_probe(w->dm_uuid, &info, &down.live, err);
	if (r)
		return r;
	down.is_active = info.exists && down.live.is_ours;
	if (info.exists && !down.live.is_ours) {
		(void)snprintf(w->note, sizeof(w->note), "active exclusively there, left alone");
		return 0;
	}
	if (!down.is_active)
		return 0;
	r = check_members(w, err);
	if (r)
		return r;
	r = quiesce_begin(err);
	if (r)
		return r;
	r = wait_closed(w, err);
	if (r && quiesce(false))
		work_say("log cmirrord does not answer");
	return r;
}

/* The mirror is gone; when its lock cannot be given back now, a scan does it later. */
static int lock_drop(struct work *w, struct cm_errmsg *err)
{
	int r = w->is_alone && *down.record.lv_lock_args ? -EAGAIN :
							   work_unlock(&down.record, err);

	if (!r) {
		work_forget(&down.record, !w->is_all);
		return 0;
	}
	work_unlock_later(&down.record, w->is_all);
	if (!w->is_alone)
		return r;
	(void)snprintf(w->note, sizeof(w->note),
		       "its lock in lvmlockd is given back when there is a quorum again");
	return 0;
}

static int down_go(struct work *w, struct cm_errmsg *err)
{
	int r = 0;

	if (down.is_active && down.has_record) {
		down.record.phase = RECORD_STOPPING;
		r = record_write(&down.record, err);
	}
	if (!r && down.is_active)
		r = act_down(w->dm_uuid, REMOVE_RETRY_MS, err);
	if (r) {
		if (quiesce(false))
			work_say("log cmirrord does not answer");
		return r;
	}
	if (!down.has_record || down.record.phase == RECORD_DOWN)
		return 0;
	return lock_drop(w, err);
}

static int down_undo(struct work *w, struct cm_errmsg *err)
{
	(void)w;
	(void)err;
	if (quiesce(false))
		work_say("log cmirrord does not answer");
	return 0;
}

const struct work_ops work_down_ops = {
	.verb = "deactivate", .prepare = down_prepare, .go = down_go, .undo = down_undo,
};
