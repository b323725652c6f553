// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_log.c - the dirty log types "cmirror-disk" and "cmirror-core": what dm-mirror calls
 * (include/linux/dm-dirty-log.h; order of calls: drivers/md/dm-raid1.c, do_mirror()).
 *
 * One pass of do_mirror(): clear_region, set_region_sync, flush; get_resync_work, get_sync_count;
 * in_sync(1) per read that was queued; per write is_remote_recovering, in_sync(1), in_sync(1) again
 * for a new region, mark_region; flush; set_region_sync(0) per failure. mark_region is called under
 * a spinning lock, in_sync(0) in any context.
 */
#include <linux/module.h>

#include "cmk.h"

static struct cmk_log *log_of(struct dm_dirty_log *dl)
{
	return dl->context;
}

static int disk_ctr(struct dm_dirty_log *dl, struct dm_target *ti, unsigned int argc, char **argv)
{
	return cmk_create(dl, ti, argc, argv, false);
}

static int core_ctr(struct dm_dirty_log *dl, struct dm_target *ti, unsigned int argc, char **argv)
{
	return cmk_create(dl, ti, argc, argv, true);
}

static void cmk_dtr(struct dm_dirty_log *dl)
{
	cmk_destroy(log_of(dl));
}

static int log_presuspend(struct dm_dirty_log *dl)
{
	return cmk_presuspend(log_of(dl));
}

static int log_postsuspend(struct dm_dirty_log *dl)
{
	return cmk_postsuspend(log_of(dl));
}

static int log_resume(struct dm_dirty_log *dl)
{
	return cmk_resume(log_of(dl));
}

static u32 get_region_size(struct dm_dirty_log *dl)
{
	return log_of(dl)->region_sect;
}

static int is_clean(struct dm_dirty_log *dl, region_t region)
{
	return !test_bit(region, log_of(dl)->marks);	/* dm-mirror does not call it */
}

/*
 * A write that has passed is_remote_recovering goes to all legs, and marked, in sync or not: that
 * is always right, and leaves no trace in the region hash. Only a read is told the truth: out of
 * sync it goes to the first leg. do_mirror() has ended its reads before the pass of its writes.
 */
static int in_sync(struct dm_dirty_log *dl, region_t region, int can_block)
{
	struct cmk_log *log = log_of(dl);

	if (can_block && READ_ONCE(log->in_pass))
		return 1;
	if (!can_block && in_task() && READ_ONCE(log->wake_task) == current) {
		WRITE_ONCE(log->wake_hit, true);
		return -EWOULDBLOCK;
	}
	return !cmk_is_oos(log, region);
}

static int is_remote_recovering(struct dm_dirty_log *dl, region_t region)
{
	struct cmk_log *log = log_of(dl);
	bool is_held;

	spin_lock_irq(&log->lock);
	is_held = cmk_write_is_held(log, region);
	spin_unlock_irq(&log->lock);
	return is_held;
}

static void mark_region(struct dm_dirty_log *dl, region_t region)
{
	struct cmk_log *log = log_of(dl);
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	if (cmk_is_live(log))
		cmk_mark(log, region);
	else
		log->has_refused = true;
	spin_unlock_irqrestore(&log->lock, flags);
}

static void clear_region(struct dm_dirty_log *dl, region_t region)
{
	struct cmk_log *log = log_of(dl);

	spin_lock_irq(&log->lock);
	__clear_bit(region, log->dirty);
	__set_bit(region, log->recent);
	if (log->freezes_open)
		cmk_clerk_wake(log);
	spin_unlock_irq(&log->lock);
}

static int flush(struct dm_dirty_log *dl)
{
	struct cmk_log *log = log_of(dl);
	bool is_refused;
	int r = cmk_flush(log);

	spin_lock_irq(&log->lock);
	is_refused = log->has_refused;
	log->has_refused = false;
	cmk_apply(log);
	spin_unlock_irq(&log->lock);
	return is_refused ? -EIO : r;
}

static int get_resync_work(struct dm_dirty_log *dl, region_t *region)
{
	struct cmk_log *log = log_of(dl);
	u64 r = 0;
	bool has_work;

	spin_lock_irq(&log->lock);
	has_work = cmk_work_next(log, &r);
	spin_unlock_irq(&log->lock);
	*region = r;
	return has_work;
}

static void nosync_change(struct cmk_log *log, u64 region, bool is_nosync)
{
	if (test_bit(region, log->nosync) == is_nosync)
		return;
	__assign_bit(region, log->nosync, is_nosync);
	log->nosync_count += is_nosync ? 1 : -1;
}

/*
 * The end of a copy, or a write that failed on a leg. That one is marked, and stays so until the
 * cluster has it out of sync durably (cmk_clerk.c), so dm-mirror need not wait. A copy that has
 * ended leaves nothing in the region hash; a write that failed leaves NOSYNC (cmk_map.c).
 */
static void set_region_sync(struct dm_dirty_log *dl, region_t region, int ok)
{
	struct cmk_log *log = log_of(dl);

	spin_lock_irq(&log->lock);
	if (cmk_work_done(log, region, ok))
		nosync_change(log, region, false);
	else if (!ok)
		nosync_change(log, region, true);
	if (!ok)
		cmk_failed(log, region);
	spin_unlock_irq(&log->lock);
}

/*
 * When kmirrord hears that all are in sync, it takes its legs for good again. With NOSYNC in its
 * hash it would then write to one leg only, and tell nobody: after a failed write (log->nosync),
 * and after a failed flush, when it makes every region NOSYNC whose writes end, without a word, and
 * for good. The two look alike, so a leg that has failed is bad until the table is loaded anew.
 */
static region_t get_sync_count(struct dm_dirty_log *dl)
{
	struct cmk_log *log = log_of(dl);
	u64 count = 0;

	spin_lock_irq(&log->lock);
	if (cmk_is_live(log))
		count = log->region_count - max(log->oos_count, log->nosync_count);
	spin_unlock_irq(&log->lock);
	if (count == log->region_count && current->flags & PF_WQ_WORKER && !log->in_status &&
	    cmk_mirror_write_failed(log))
		count--;
	return count;
}

static unsigned int word_count(const char *text)
{
	unsigned int n = 1;

	for (; *text; text++)
		n += *text == ' ';
	return n;
}

/* INFO is as of the stock client, which lvs knows. */
static int status(struct dm_dirty_log *dl, status_type_t type, char *result, unsigned int maxlen)
{
	const struct cmk_log *log = log_of(dl);
	unsigned int sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		if (log->dev)
			DMEMIT("3 clustered-disk %s %c", log->dev->name,
			       READ_ONCE(log->log_failed) ? 'D' : 'A');
		else
			DMEMIT("1 clustered-core");
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%s %u %s %s ", dl->type->name, 1 + word_count(log->args), log->uuid,
		       log->args);
		break;
	default:
		DMEMIT("%s", dl->type->name);
		break;
	}
	return sz;
}

#define CMK_LOG_FUNCTIONS \
	.module = THIS_MODULE, \
	.dtr = cmk_dtr, \
	.presuspend = log_presuspend, \
	.postsuspend = log_postsuspend, \
	.resume = log_resume, \
	.get_region_size = get_region_size, \
	.is_clean = is_clean, \
	.in_sync = in_sync, \
	.flush = flush, \
	.mark_region = mark_region, \
	.clear_region = clear_region, \
	.get_resync_work = get_resync_work, \
	.set_region_sync = set_region_sync, \
	.get_sync_count = get_sync_count, \
	.status = status, \
	.is_remote_recovering = is_remote_recovering

static struct dm_dirty_log_type cmk_disk_type = {
	.name = "cmirror-disk",
	.ctr = disk_ctr,
	CMK_LOG_FUNCTIONS
};

static struct dm_dirty_log_type cmk_core_type = {
	.name = "cmirror-core",
	.ctr = core_ctr,
	CMK_LOG_FUNCTIONS
};

int cmk_types_register(void)
{
	int r = dm_dirty_log_type_register(&cmk_disk_type);

	if (r)
		return r;
	r = dm_dirty_log_type_register(&cmk_core_type);
	if (r)
		dm_dirty_log_type_unregister(&cmk_disk_type);
	return r;
}

void cmk_types_unregister(void)
{
	dm_dirty_log_type_unregister(&cmk_core_type);
	dm_dirty_log_type_unregister(&cmk_disk_type);
}
