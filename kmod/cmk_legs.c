// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_legs.c - flushing the legs' caches.
 *
 * dm-mirror has a function for that, but it uses the mirror's own parts, which are gone before our
 * dtr is called; and it waits: with a leg that queues for want of a path it would wait for ever,
 * and with it the suspend that is to repair the mirror. So the legs are opened here, the flush is
 * asynchronous, and an instance can leave its legs behind: they are closed when the flush ends.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "cmk.h"
#include "compat/bdev.h"

struct cmk_leg {
	struct bio flush;
	struct cmk_bdev bdev;
};

struct cmk_legs {
	struct kref kref;		/* who uses the open legs */
	refcount_t mem;			/* who looks at this: they, and who waits for the end */
	bool is_closed;
	struct work_struct flush_work;	/* submitting sleeps, with a dead leg for ever */
	struct work_struct close_work;	/* closing sleeps */
	spinlock_t lock;		/* of log; irqs off */
	struct cmk_log *log;		/* NULL: left behind */
	int open_error;
	u32 count;
	atomic_t pending;		/* flushes under way, + 1 while they are submitted */
	bool is_running;
	int error;			/* of the last flush, or the one that runs */
	struct cmk_leg *leg;		/* CMK_LEGS_MAX, behind this */
};

static DECLARE_WAIT_QUEUE_HEAD(legs_closed);

static void legs_mem_put(struct cmk_legs *legs)
{
	if (refcount_dec_and_test(&legs->mem))
		kfree(legs);
}

static void legs_close(struct work_struct *work)
{
	struct cmk_legs *legs = container_of(work, struct cmk_legs, close_work);
	u32 i;

	for (i = 0; i < legs->count; i++)
		cmk_bdev_close(&legs->leg[i].bdev);
	WRITE_ONCE(legs->is_closed, true);
	wake_up_all(&legs_closed);
	legs_mem_put(legs);
	module_put(THIS_MODULE);	/* unloading waits for this work's end (cmk_main.c) */
}

static void legs_release(struct kref *kref)
{
	queue_work(cmk_wq, &container_of(kref, struct cmk_legs, kref)->close_work);
}

void cmk_legs_put(struct cmk_legs *legs)
{
	if (legs)
		kref_put(&legs->kref, legs_release);
}

struct cmk_legs *cmk_legs_get(struct cmk_log *log)
{
	struct cmk_legs *legs;

	spin_lock_irq(&log->lock);
	legs = log->legs;
	if (legs)
		kref_get(&legs->kref);
	spin_unlock_irq(&log->lock);
	return legs;
}

void cmk_legs_leave(struct cmk_log *log)
{
	struct cmk_legs *legs;

	spin_lock_irq(&log->lock);
	legs = log->legs;
	log->legs = NULL;
	spin_unlock_irq(&log->lock);
	if (!legs)
		return;
	spin_lock_irq(&legs->lock);
	legs->log = NULL;
	spin_unlock_irq(&legs->lock);
	refcount_inc(&legs->mem);
	cmk_legs_put(legs);
	wait_event_timeout(legs_closed, READ_ONCE(legs->is_closed), CMK_LEGS_WAIT_S * HZ);
	legs_mem_put(legs);
}

/* ---- flush ---- */

static void flush_put(struct cmk_legs *legs)
{
	unsigned long flags;

	if (!atomic_dec_and_test(&legs->pending))
		return;
	spin_lock_irqsave(&legs->lock, flags);
	legs->is_running = false;
	if (legs->log)
		cmk_clerk_wake(legs->log);
	spin_unlock_irqrestore(&legs->lock, flags);
	cmk_legs_put(legs);
}

static void leg_flushed(struct bio *bio)
{
	struct cmk_legs *legs = bio->bi_private;

	if (bio->bi_status)
		WRITE_ONCE(legs->error, blk_status_to_errno(bio->bi_status));
	flush_put(legs);
}

static void legs_submit(struct work_struct *work)
{
	struct cmk_legs *legs = container_of(work, struct cmk_legs, flush_work);
	u32 i;

	atomic_set(&legs->pending, legs->count + 1);
	for (i = 0; i < legs->count; i++) {
		struct bio *bio = &legs->leg[i].flush;

		bio_init(bio, cmk_bdev_of(&legs->leg[i].bdev), NULL, 0,
			 REQ_OP_WRITE | REQ_SYNC | REQ_PREFLUSH);
		bio->bi_end_io = leg_flushed;
		bio->bi_private = legs;
		submit_bio(bio);
	}
	flush_put(legs);
}

bool cmk_legs_flush(struct cmk_legs *legs)
{
	spin_lock_irq(&legs->lock);
	if (legs->is_running || !legs->log) {
		spin_unlock_irq(&legs->lock);
		return false;
	}
	legs->is_running = true;
	legs->error = 0;
	spin_unlock_irq(&legs->lock);
	kref_get(&legs->kref);		/* the flush's */
	queue_work(cmk_wq, &legs->flush_work);
	return true;
}

bool cmk_legs_flushed(struct cmk_legs *legs, int *error)
{
	bool is_over;

	spin_lock_irq(&legs->lock);
	is_over = !legs->is_running;
	if (is_over)
		*error = legs->error;
	spin_unlock_irq(&legs->lock);
	return is_over;
}

/* ---- open ---- */

/* Called by dm-mirror for each of its legs. */
static int leg_open(struct dm_target *ti, struct dm_dev *dev, sector_t start, sector_t len,
		    void *data)
{
	struct cmk_legs *legs = data;

	if (legs->count == CMK_LEGS_MAX) {
		legs->open_error = -E2BIG;
		return 0;
	}
	legs->open_error = cmk_bdev_open(dev->bdev->bd_dev, &legs->leg[legs->count].bdev);
	if (!legs->open_error)
		legs->count++;
	return legs->open_error;
}

struct cmk_legs *cmk_legs_open(struct cmk_log *log)
{
	struct cmk_legs *legs;
	int r;

	legs = kzalloc(sizeof(*legs) + CMK_LEGS_MAX * sizeof(*legs->leg), GFP_NOIO);
	if (!legs)
		return ERR_PTR(-ENOMEM);
	legs->leg = (struct cmk_leg *)(legs + 1);
	kref_init(&legs->kref);
	refcount_set(&legs->mem, 1);
	INIT_WORK(&legs->flush_work, legs_submit);
	INIT_WORK(&legs->close_work, legs_close);
	spin_lock_init(&legs->lock);
	legs->log = log;
	__module_get(THIS_MODULE);	/* our table holds it */
	if (log->ti->type->iterate_devices)
		log->ti->type->iterate_devices(log->ti, leg_open, legs);
	else
		legs->open_error = -EOPNOTSUPP;
	if (!legs->open_error)
		return legs;
	r = legs->open_error;
	legs->log = NULL;
	cmk_legs_put(legs);
	return ERR_PTR(r);
}
