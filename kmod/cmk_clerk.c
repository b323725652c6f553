// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_clerk.c - what is done behind dm-mirror's back, one run at a time per instance: pages that
 * clears have changed, flushes of the legs, lazy clears, ends of freezes, news for the daemon. It
 * submits no I/O itself: that blocks when a device does, and the daemon would hear nothing, neither
 * the end of a freeze that another node waits for, nor of the suspend that is to repair the mirror.
 *
 * Lazy clears, from a snapshot. t0: the flush of the legs begins. t1: it has ended. A mark may go
 * only if nothing was written there since before t0. `recent` has every region marked or cleared
 * since the end of the last batch, so what is neither dirty nor recent at t1 was idle at t0 and
 * ever since. A mark of a region out of sync stays until the bit that says so is durable.
 */
#include "cmk.h"

void cmk_clerk_wake(struct cmk_log *log)
{
	if (!READ_ONCE(log->is_closing))
		mod_delayed_work(cmk_wq, &log->clerk, 0);
}

void cmk_ask(struct cmk_log *log, u32 ask)
{
	log->ask |= ask;
	log->told &= ~ask;
	cmk_clerk_wake(log);
}

void cmk_ask_over(struct cmk_log *log, u32 ask)
{
	log->ask &= ~ask;
	log->told &= ~ask;
}

/* ---- lazy clears ---- */

/* Of a word of the maps: the marks that may go. By words, because the lock is held over all. */
static unsigned long idle_word(const struct cmk_log *log, u64 i)
{
	unsigned long idle = log->marks[i];

	if (idle)
		idle &= ~(log->dirty[i] | log->recent[i] | log->failed[i]);
	return log->oos_durable ? idle : idle & ~log->oos[i];
}

static bool any_idle(const struct cmk_log *log)
{
	u64 i, words = BITS_TO_LONGS(log->region_count);

	for (i = 0; i < words; i++)
		if (idle_word(log, i))
			return true;
	return false;
}

static void batch_next(struct cmk_log *log)
{
	bitmap_zero(log->recent, log->region_count);
	log->batch_due = jiffies + msecs_to_jiffies(log->sticky_ms);
}

/* Returns whether the legs are to be flushed for one. */
static bool batch_begin(struct cmk_log *log)
{
	if (log->batch_flushing || !cmk_is_live(log) || log->log_failed || !log->mark_count ||
	    time_before(jiffies, log->batch_due))
		return false;
	if (any_idle(log))
		return true;
	batch_next(log);
	return false;
}

/*
 * A suspend has forgotten what was dirty, also of regions that kmirrord was about to clear: they
 * may have been written after t0 and look as if not. What is marked then is left to the daemon.
 */
static void batch_end(struct cmk_log *log, int error)
{
	u64 i, words = error || !cmk_is_live(log) ? 0 : BITS_TO_LONGS(log->region_count);
	unsigned long idle;
	int bit;

	log->batch_flushing = false;
	for (i = 0; i < words; i++) {
		idle = idle_word(log, i);
		for_each_set_bit(bit, &idle, BITS_PER_LONG)
			cmk_unmark(log, i * BITS_PER_LONG + bit);
	}
	log->stats.clear_batches++;
	batch_next(log);
}

/* ---- flushes of the legs ---- */

static void flush_end(struct cmk_log *log, int error)
{
	if (log->batch_flushing)
		batch_end(log, error);
	if (!log->flushing_id)
		return;
	log->flushed_id = log->flushing_id;
	log->flushed_error = error;
	if (log->flush_id == log->flushing_id)
		log->flush_id = 0;
	log->flushing_id = 0;
	cmk_ask(log, CMIRROR_ASK_FLUSHED);
}

/* One flush serves the daemon and the batch, if both want one. Returns whether one is wanted. */
static bool flush_next(struct cmk_log *log, bool has_legs, int error)
{
	bool is_wanted;

	spin_lock_irq(&log->lock);
	if (log->batch_flushing || log->flushing_id)
		flush_end(log, error);
	log->batch_flushing = has_legs && batch_begin(log);
	log->flushing_id = log->flush_id;
	if (log->flushing_id && !has_legs)
		flush_end(log, -ENXIO);
	is_wanted = log->batch_flushing || log->flushing_id;
	spin_unlock_irq(&log->lock);
	return is_wanted;
}

static void flushes(struct cmk_log *log)
{
	struct cmk_legs *legs = cmk_legs_get(log);
	int error = -ENXIO;

	if (legs && !cmk_legs_flushed(legs, &error))
		goto out;	/* it runs */
	if (flush_next(log, legs, error) && !cmk_legs_flush(legs)) {
		spin_lock_irq(&log->lock);	/* they were left meanwhile */
		flush_end(log, -ENXIO);
		spin_unlock_irq(&log->lock);
	}
out:
	cmk_legs_put(legs);
}

/* ---- news ---- */

/* Returns whether it has to be tried again. */
static bool news(struct cmk_log *log)
{
	u32 ask;
	int r;

	spin_lock_irq(&log->lock);
	ask = log->ask & ~log->told;
	log->told |= ask;
	spin_unlock_irq(&log->lock);
	if (!ask)
		return false;
	r = cmk_tell_news(log, ask);
	spin_lock_irq(&log->lock);
	if (r)
		log->told &= ~ask;
	else
		log->stats.news++;
	spin_unlock_irq(&log->lock);
	return r && r != -ENOTCONN;	/* a new daemon GETs everything */
}

/* ---- one run ---- */

static void soonest(unsigned long *next, unsigned long when)
{
	if (time_before(when, *next))
		*next = when;
}

/* When it shall run again by itself. */
static unsigned long next_run(struct cmk_log *log, bool news_again)
{
	unsigned long next = jiffies + 3600 * HZ, when;

	if (news_again)
		soonest(&next, jiffies + msecs_to_jiffies(CMK_NEWS_RETRY_MS));
	spin_lock_irq(&log->lock);
	if (cmk_freezes_look(log, &when))
		soonest(&next, when);
	if (cmk_pages_retry(log, &when))
		soonest(&next, when);
	/* A flush that runs wakes the clerk when it ends; without a log no mark can go. */
	if (cmk_is_live(log) && log->mark_count && !log->log_failed && !log->batch_flushing &&
	    !log->flushing_id)
		soonest(&next, log->batch_due);
	spin_unlock_irq(&log->lock);
	return next;
}

void cmk_clerk(struct work_struct *work)
{
	struct cmk_log *log = container_of(to_delayed_work(work), struct cmk_log, clerk);
	unsigned long next;
	bool news_again;

	if (READ_ONCE(log->is_closing))
		return;
	flushes(log);
	cmk_pages_write_later(log);
	news_again = news(log);
	next = next_run(log, news_again);
	if (!READ_ONCE(log->is_closing))
		queue_delayed_work(cmk_wq, &log->clerk,
				   time_after(next, jiffies) ? next - jiffies : 1);
}
