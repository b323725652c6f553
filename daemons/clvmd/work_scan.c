/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * work_scan.c - what does this node have? Run when clvmd starts and when cmirrord came back.
 *
 * Running mirrors are found by their tables and left as they are; what a dead worker left half done
 * is finished or taken back. One line per active mirror: "mirror ALL VG LV DM_UUID LOG_UUID". What
 * needs locks and cannot have them is left, with a line "later TEXT".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libdevmapper.h>

#include "daemons/clvmd/work.h"
#include "lib/mirror/activate.h"

#define FOUND_MAX	512u

struct found {
	char name[DMDEV_NAME_BYTES], uuid[DMDEV_UUID_BYTES];
};

struct found_list {
	uint32_t count;
	struct found at[FOUND_MAX];
};

static void collect(void *ctx, const char *name, const char *uuid)
{
	struct found_list *list = ctx;

	if (!cvw_dm_uuid_is_valid(uuid) || list->count == FOUND_MAX)
		return;
	(void)snprintf(list->at[list->count].name, DMDEV_NAME_BYTES, "%.127s", name);
	(void)snprintf(list->at[list->count].uuid, DMDEV_UUID_BYTES, "%.128s", uuid);
	list->count++;
}

/* A mirror of ours without a record (tables loaded by hand): names out of the dm name. */
static int record_adopt(const struct found *found, const struct mir_live *live, struct record *rec,
			struct cm_errmsg *err)
{
	struct dm_pool *mem = dm_pool_create("scan", 512);
	char *vg = NULL, *lv = NULL, *layer = NULL;
	int r = -ENOMEM;

	memset(rec, 0, sizeof(*rec));
	if (mem && dm_split_lvm_name(mem, found->name, &vg, &lv, &layer) && *vg && *lv) {
		rec->phase = RECORD_ACTIVE;
		(void)snprintf(rec->vg, sizeof(rec->vg), "%.127s", vg);
		(void)snprintf(rec->lv, sizeof(rec->lv), "%.127s", lv);
		(void)snprintf(rec->dm_uuid, sizeof(rec->dm_uuid), "%.68s", found->uuid);
		(void)snprintf(rec->log_uuid, sizeof(rec->log_uuid), "%.128s", live->log_uuid);
		r = record_write(rec, err);
	}
	if (mem)
		dm_pool_destroy(mem);
	return r;
}

static void say_mirror(const struct record *rec)
{
	work_say("mirror %d %s %s %s %s", rec->is_all, rec->vg, rec->lv, rec->dm_uuid,
		 rec->log_uuid);
}

static void scan_device(const struct found *found)
{
	char type[32], params[DMDEV_PARAMS_BYTES];
	struct cm_errmsg err;
	struct dmdev_info info;
	struct mir_live live;
	struct record rec;
	uint32_t cookie = 0;
	uint64_t len_sect;
	int lock_fd;

	if (dmdev_table(found->uuid, type, params, &len_sect, &err) || strcmp(type, "mirror") ||
	    mir_line_parse(params, &live) || !live.is_ours)
		return;
	lock_fd = record_lock(found->uuid, 0);
	if (lock_fd >= 0 && !dmdev_info(found->uuid, &info, &err) && info.is_suspended) {
		/* Nobody holds it any more, and a refresh changes no table: resume is always right.
		 */
		work_say("log %s was left suspended: resuming it", found->name);
		if (dmdev_resume(found->uuid, &cookie, &err))
			work_say("log %s", err.text);
		dmdev_udev_wait(&cookie);
	}
	if (record_read(found->uuid, &rec) && record_adopt(found, &live, &rec, &err)) {
		work_say("log %s", err.text);
		goto out;
	}
	if (lock_fd >= 0 &&
	    rec.phase !=
		    RECORD_ACTIVE) { /* the worker died after it was up, or before it went down */
		rec.phase = RECORD_ACTIVE;
		if (record_write(&rec, &err))
			work_say("log %s", err.text);
	}
	say_mirror(&rec);
	/* A cmirrord that was started anew does not know the legs of tables it replays. */
	if (cmq_legs(live.log_uuid, live.leg, live.leg_count, &err))
		work_say("log legs of %s: %s", found->name, err.text);
out:
	if (lock_fd >= 0)
		(void)close(lock_fd);
}

/* ---- records without a running mirror ---- */

static void parts_remove(const struct record *rec)
{
	struct work w = { .verb = "scan" };
	struct cm_errmsg err;
	uint32_t cookie = 0;
	const struct mir *mir;

	(void)snprintf(w.vg, sizeof(w.vg), "%s", rec->vg);
	(void)snprintf(w.lv, sizeof(w.lv), "%s", rec->lv);
	if (work_read_mir(&w, &err)) {
		work_say("log %s", err.text);
		return;
	}
	mir = w.mir;
	for (uint32_t i = 0; i < mir->leg_count; i++)
		if (dmdev_remove(mir->leg[i].dm_uuid, 0, &cookie, &err))
			work_say("log %s", err.text);
	if (mir->has_log && dmdev_remove(mir->log.dm_uuid, 0, &cookie, &err))
		work_say("log %s", err.text);
	dmdev_udev_wait(&cookie);
	mir_free(w.mir);
}

static void scan_record(void *ctx, const struct record *rec)
{
	struct dmdev_info info;
	struct cm_errmsg err;
	const struct work *w = ctx;
	int lock_fd = record_lock(rec->dm_uuid, 0);

	if (lock_fd < 0)
		return;		/* a worker is at it */
	if (rec->phase == RECORD_DOWN || dmdev_info(rec->dm_uuid, &info, &err) ||
	    info.has_live_table)
		goto out;
	if (w->is_alone) {
		work_say("later %s/%s is not active here: its lock waits for quorum", rec->vg,
			 rec->lv);
		goto out;
	}
	if (rec->phase == RECORD_STARTING || rec->phase == RECORD_STOPPING) {
		work_say("log %s/%s was left half done: taking it back", rec->vg, rec->lv);
		parts_remove(rec);
	}
	if (!work_unlock(rec, &err)) {
		work_forget(rec, rec->phase == RECORD_UNLOCKING && !rec->is_all);
		goto out;
	}
	if (rec->phase != RECORD_UNLOCKING)
		work_unlock_later(rec, true);
	work_say("later %s", err.text);
out:
	(void)close(lock_fd);
}

static int scan_prepare(struct work *w, struct cm_errmsg *err)
{
	static struct found_list list;
	int r = record_dir_create(err);

	if (!r)
		r = dmdev_each("LVM-", collect, &list, err);
	if (r)
		return r;
	for (uint32_t i = 0; i < list.count; i++)
		scan_device(&list.at[i]);
	record_each(scan_record, w);
	return 0;
}

const struct work_ops work_scan_ops = { .verb = "scan", .prepare = scan_prepare };
