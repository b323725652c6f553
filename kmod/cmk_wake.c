// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_wake.c - waking dm-mirror's thread.
 *
 * It runs when a write is queued to an empty list, when I/O ends, and 200 ms after it has made a
 * write wait. So a write that may go on would mostly wait for the rest of the 200 ms, and an idle
 * mirror would never ask for work. What always wakes it is a read that it has to queue: one sector,
 * for which in_sync() says "not known" (cmk_log.c), from a workqueue, one at a time.
 */
#include <linux/mm.h>

#include "cmk.h"

static void wake_end(struct bio *bio)
{
	struct cmk_log *log = bio->bi_private;
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	log->wake_busy = false;
	log->wake_ok = !bio->bi_status;
	if (log->wake_again && !log->wake_stop)
		queue_work(cmk_wq, &log->wake_work);
	wake_up(&log->wait);
	spin_unlock_irqrestore(&log->lock, flags);
}

static bool wake_take(struct cmk_log *log)
{
	bool is_taken;

	spin_lock_irq(&log->lock);
	is_taken = log->wake_again && !log->wake_busy && !log->wake_stop;
	if (is_taken) {
		log->wake_again = false;
		log->wake_busy = true;
		log->wake_hit = false;
		log->stats.wakes++;
	}
	spin_unlock_irq(&log->lock);
	return is_taken;
}

/* A read that was put off, as at the end of a resume, has woken nobody: once more, when it ends. */
static void wake_look(struct cmk_log *log)
{
	spin_lock_irq(&log->lock);
	if (!READ_ONCE(log->wake_hit) && (log->wake_busy || log->wake_ok))
		cmk_wake(log);
	spin_unlock_irq(&log->lock);
}

static void wake_read(struct work_struct *work)
{
	struct cmk_log *log = container_of(work, struct cmk_log, wake_work);
	struct mapped_device *md = dm_table_get_md(log->ti->table);
	struct bio *bio = &log->wake_bio;

	if (!wake_take(log))
		return;
	bio_init(bio, dm_disk(md)->part0, &log->wake_vec, 1, REQ_OP_READ);
	bio->bi_iter.bi_sector = log->ti->begin;
	bio->bi_end_io = wake_end;
	bio->bi_private = log;
	__bio_add_page(bio, log->wake_buf, SECTOR_SIZE, 0);
	WRITE_ONCE(log->wake_task, current);
	submit_bio(bio);
	WRITE_ONCE(log->wake_task, NULL);
	wake_look(log);
}

int cmk_wake_create(struct cmk_log *log)
{
	INIT_WORK(&log->wake_work, wake_read);
	log->wake_stop = true;
	log->wake_buf = alloc_page(GFP_KERNEL);
	return log->wake_buf ? 0 : -ENOMEM;
}

void cmk_wake_destroy(struct cmk_log *log)
{
	if (log->wake_buf)
		__free_page(log->wake_buf);
}

void cmk_wake(struct cmk_log *log)
{
	log->wake_again = true;
	if (!log->wake_busy && !log->wake_stop)
		queue_work(cmk_wq, &log->wake_work);
}

void cmk_wake_allow(struct cmk_log *log)
{
	spin_lock_irq(&log->lock);
	log->wake_stop = false;
	spin_unlock_irq(&log->lock);
}

static bool is_busy(struct cmk_log *log)
{
	bool is_busy;

	spin_lock_irq(&log->lock);
	is_busy = log->wake_busy;
	spin_unlock_irq(&log->lock);
	return is_busy;
}

void cmk_wake_forbid(struct cmk_log *log)
{
	spin_lock_irq(&log->lock);
	log->wake_stop = true;
	log->wake_again = false;
	spin_unlock_irq(&log->lock);
	cancel_work_sync(&log->wake_work);
	wait_event(log->wait, !is_busy(log));
}
