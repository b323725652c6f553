// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_clerk.c - what is done behind dm-mirror's back, one run at a time per instance: pages that
 * clears have changed, flushes of the legs, lazy clears, ends of freezes, news for the daemon.
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

static bool may_unmark(const struct cmk_log *log, u64 region)
{
	if (test_bit(region, log->dirty) || test_bit(region, log->recent) ||
	    test_bit(region, log->failed))
		return false;
	return !cmk_is_oos(log, region) || log->oos_durable;
}

static u64 next_idle(const struct cmk_log *log, u64 from)
{
	u64 r;

	for (r = find_next_bit(log->marks, log->region_count, from); r < log->region_count;
	     r = find_next_bit(log->marks, log->region_count, r + 1))
		if (may_unmark(log, r))
			return r;
	return log->region_count;
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
	if (next_idle(log, 0) < log->region_count)
		return true;
	batch_next(log);
	return false;
}

static void batch_end(struct cmk_log *log, int error)
{
	u64 r;

	log->batch_flushing = false;
	for (r = next_idle(log, 0); !error && r < log->region_count; r = next_idle(log, r + 1))
		cmk_unmark(log, r);
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
	if (flush_next(log, legs, error))
		cmk_legs_flush(legs);
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
	unsigned long next = jiffies + 3600 * HZ, freeze;
	u32 i;

	if (news_again)
		soonest(&next, jiffies + msecs_to_jiffies(CMK_NEWS_RETRY_MS));
	spin_lock_irq(&log->lock);
	if (cmk_freezes_look(log, &freeze))
		soonest(&next, freeze);
	if (cmk_is_live(log) && log->mark_count && !log->batch_flushing)
		soonest(&next, log->batch_due);
	for (i = 0; log->page && i < log->page_count; i++)
		if (log->page[i].tries && log->page[i].is_wanted)
			soonest(&next, log->page[i].retry_at);
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
	cmk_pages_write(log);
	news_again = news(log);
	next = next_run(log, news_again);
	if (!READ_ONCE(log->is_closing))
		queue_delayed_work(cmk_wq, &log->clerk,
				   time_after(next, jiffies) ? next - jiffies : 1);
}
