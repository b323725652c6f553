/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmk.h - private to dm-log-cmirror. cmirror.h is what it speaks with cmirrord;
 * doc/kernel-module.md says why it is built like this.
 *
 *	cmk_main.c	load and unload
 *	cmk_log.c	the dirty log types: what dm-mirror calls
 *	cmk_life.c	an instance from ctr to dtr
 *	cmk_map.c	what is in sync, frozen, held; passes
 *	cmk_slot.c	marks, and this node's slot on the log device
 *	cmk_work.c	claims: of this node, and of others (freezes)
 *	cmk_clerk.c	what is done behind dm-mirror's back: lazy clears, ends of freezes, news
 *	cmk_legs.c	flushing the legs
 *	cmk_wake.c	waking dm-mirror's thread
 *	cmk_mirror.c	what dm-mirror says of itself
 *	cmk_nl.c	commands of the daemon; cmk_tell.c what it is told
 *
 * Who runs where. kmirrord, one per mirror: flush, mark, clear, in_sync(1), is_remote_recovering,
 * get_resync_work, set_region_sync. Anybody, also in interrupts: in_sync(0). ioctl: ctr, resume,
 * suspends, dtr, status. The daemon's netlink calls: cmk_nl.c, under cmk_mutex. A workqueue: the
 * clerk and the wake. Interrupts: ends of bios.
 *
 * cmk_log.lock (irqs off) guards all of struct cmk_log but what is said to be constant. It is a
 * leaf: nothing sleeps, allocates or submits under it. cmk_mutex guards the list of instances, and
 * is held over each command, so that an instance does not go away under it; nobody waits for I/O or
 * for the daemon under it. Order: cmk_mutex, then lock.
 *
 * Nothing is allocated between ctr and dtr but the messages to the daemon (GFP_NOIO, tried again)
 * and, in resume, the open legs.
 */
#ifndef CMK_H
#define CMK_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/dm-dirty-log.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "cmirror.h"

#define DM_MSG_PREFIX "cmirror"

#define CMK_PAGE_BYTES		4096u
#define CMK_PAGE_HDR_BYTES	32u
#define CMK_PAGE_REGIONS	((CMK_PAGE_BYTES - CMK_PAGE_HDR_BYTES) * 8u)
#define CMK_PAGE_SECT		(CMK_PAGE_BYTES >> SECTOR_SHIFT)
#define CMK_LEGS_MAX		9	/* dm-raid1's, MAX_NR_MIRRORS */
#define CMK_WRITE_TRIES		6	/* of one page, CMK_RETRY_MS apart */
#define CMK_RETRY_MS		500
#define CMK_NEWS_RETRY_MS	100
#define CMK_CTR_WAIT_S		10
#define CMK_RESUME_WAIT_S	60	/* cmirrord gives up earlier, with a reason */
#define CMK_LEGS_WAIT_S		5	/* for a flush of the legs, at the end of a suspend */
#define CMK_CLAIM_BYTES		(CMIRROR_CLAIM_MAX / 8)

/* A page of the slot. Bits of its regions are in cmk_log.marks. */
struct cmk_page {
	struct cmk_log *log;
	u32 nr;
	u32 tries;		/* failed writes in a row */
	unsigned long retry_at;	/* jiffies, when tries */
	u64 set_gen;		/* of the last bit that was set in it */
	u64 inflight_gen;	/* set_gen when the write under way was submitted */
	u64 durable_gen;	/* everything set up to it is on disk */
	bool is_wanted;		/* its bits have changed since they were last submitted */
	bool is_inflight;	/* one write at a time */
	struct page *buf;	/* the bits as they were submitted */
	struct bio bio;
	struct bio_vec vec;
};

/* A claim of another node: its regions are frozen here. */
struct cmk_freeze {
	u64 id;			/* 0 = free */
	u64 lo, hi;
	unsigned long void_at;	/* jiffies: a write that still waits then asks for its region */
	bool is_effective;	/* every write has seen it since */
	bool is_told;		/* result holds */
	unsigned long deadline;	/* jiffies, once effective */
	u32 wait_ms;
	u8 written[CMK_CLAIM_BYTES];	/* result: those that left the claim */
	u8 out[CMK_CLAIM_BYTES];	/* not frozen by it any more: written, or thawed alone */
};

/* A claim of this node. */
struct cmk_claim {
	u64 id;			/* 0 = free */
	u64 lo, hi;
	u64 cut;		/* hand out nothing from here on */
	u64 next;
	bool is_done;		/* told */
	u8 out[CMK_CLAIM_BYTES];
	u8 copied[CMK_CLAIM_BYTES];
};

struct cmk_legs;

struct cmk_log {
	/* constant after ctr */
	struct list_head list;
	u64 luid;			/* ascending in the list */
	struct dm_target *ti;
	struct dm_dev *dev;		/* NULL: core */
	char uuid[CMIRROR_UUID_BYTES];
	char args[CMIRROR_ARGS_BYTES];
	u32 region_sect;
	u64 region_count;
	u32 page_count;
	struct cmk_page *page;		/* page_count; NULL: core */

	spinlock_t lock;		/* of all that follows, see above */
	wait_queue_head_t wait;		/* pages written, answers of the daemon */
	u8 state;			/* enum cmirror_state */
	u8 mode, want_mode;		/* enum cmirror_mode */
	bool oos_durable;
	bool log_failed;
	bool is_answered;		/* CTR_DONE, START or STOP_DONE has come, with: */
	int answer;
	u32 ask, told;			/* CMIRROR_ASK_*; of these: sent since they were set */

	/* where the slot is; from START */
	u32 slot;
	sector_t slot_sect;
	u64 epoch, uuid_hash;
	u32 sticky_ms;

	/* regions: what holds, what is to hold from the next boundary on */
	unsigned long *oos, *want_oos;
	unsigned long *frozen, *want_frozen;
	u64 oos_count;
	u64 changed_lo, changed_hi;	/* words in which they may differ */
	bool in_pass;
	bool has_held;			/* a write waits in dm-mirror for a change of them */

	unsigned long *marks;		/* the slot as wanted */
	unsigned long *dirty;		/* dm-mirror writes there, or has not cleared it yet */
	unsigned long *recent;		/* marked or cleared since the last batch of clears */
	unsigned long *failed;		/* a write failed there; until FAILED_DONE */
	unsigned long *nosync;		/* one failed, ever: dm-mirror may not mark it again */
	unsigned long *voids;		/* a write has waited there for as long as it must */
	u64 mark_count, nosync_count;
	u64 set_gen;			/* of marks */
	u64 flushed_gen;		/* all marks up to it were durable in a flush */
	bool has_refused;		/* a mark that cannot be written: the next flush fails */
	bool ignores_errors;		/* the table has no handle_errors: never started */
	bool in_status;			/* kmirrord: dm-mirror's status function runs */

	struct cmk_claim claim[CMIRROR_CLAIMS];
	struct cmk_freeze freeze[CMIRROR_FREEZES];
	u32 freezes_open;		/* not told yet */
	u64 assigned;			/* region being copied + 1 */
	u64 assigned_claim;		/* for this one; another may have the region, too */

	/* lazy clears, flushes */
	unsigned long batch_due;	/* jiffies */
	bool batch_flushing;
	u64 flush_id;			/* asked for by the daemon; 0 = none */
	u64 flushing_id;		/* of these: the running one is for it */
	u64 flushed_id;			/* told */
	int flushed_error;
	struct cmk_legs *legs;		/* between resume and postsuspend */
	struct delayed_work clerk;
	struct work_struct write_work;	/* pages that clears have changed */
	bool is_closing;		/* dtr: the clerk does nothing any more */

	/* waking kmirrord */
	struct work_struct wake_work;
	struct bio wake_bio;
	struct bio_vec wake_vec;
	struct page *wake_buf;
	struct task_struct *wake_task;	/* its read must reach kmirrord */
	bool wake_busy, wake_again, wake_stop;
	bool wake_hit;			/* it has reached in_sync(), so kmirrord runs */
	bool wake_ok;			/* the last one was no error */

	struct cmirror_stats stats;
};

extern struct mutex cmk_mutex;
extern struct list_head cmk_logs;		/* under cmk_mutex */
extern struct workqueue_struct *cmk_wq;		/* WQ_MEM_RECLAIM */
extern struct genl_family cmk_family;

/* ---- cmk_log.c ---- */
int cmk_types_register(void);
void cmk_types_unregister(void);

/* ---- cmk_life.c ---- */
void cmk_luids_init(void);
int cmk_create(struct dm_dirty_log *dl, struct dm_target *ti, unsigned int argc, char **argv,
	       bool is_core);
void cmk_destroy(struct cmk_log *log);
int cmk_resume(struct cmk_log *log);
int cmk_presuspend(struct cmk_log *log);
int cmk_postsuspend(struct cmk_log *log);
/* Under cmk_mutex. NULL when there is none. */
struct cmk_log *cmk_find(u64 luid);
/* An answer that is asked for. -EALREADY if it is not. */
int cmk_answer(struct cmk_log *log, u32 ask, int error);

/* ---- cmk_map.c: under log->lock, if not said otherwise ---- */
int cmk_maps_create(struct cmk_log *log);
void cmk_maps_destroy(struct cmk_log *log);
/* No lock: bits are read atomically. */
bool cmk_is_oos(const struct cmk_log *log, u64 region);
void cmk_oos_change(struct cmk_log *log, u8 op, u64 first, const u8 *bits, u32 bytes);
/* At once: a write has failed on a leg, or may go to one leg only. */
void cmk_failed(struct cmk_log *log, u64 region);
void cmk_frozen_change(struct cmk_log *log, u64 lo, u64 hi, bool is_frozen);
/* Must a write wait? Begins a pass. */
bool cmk_write_is_held(struct cmk_log *log, u64 region);
/* A boundary: what is to hold, holds. */
void cmk_apply(struct cmk_log *log);
/* After a change: apply it now, if no pass runs. */
void cmk_changed(struct cmk_log *log);

/* ---- cmk_slot.c ---- */
int cmk_pages_create(struct cmk_log *log);
void cmk_pages_destroy(struct cmk_log *log);	/* no write is under way */
bool cmk_is_durable(const struct cmk_log *log, u64 region);	/* under log->lock */
void cmk_mark(struct cmk_log *log, u64 region);			/* under log->lock */
void cmk_unmark(struct cmk_log *log, u64 region);		/* under log->lock */
/* Submit the pages that are wanted, here or in a worker of their own. The first may sleep. */
void cmk_pages_write(struct cmk_log *log);
void cmk_pages_write_later(struct cmk_log *log);
void cmk_write_work(struct work_struct *work);
/* Under log->lock, between two lives: the marks are what is on disk. */
void cmk_pages_forget(struct cmk_log *log);
/* Under log->lock. When the first that failed is to be tried again, if one is. */
bool cmk_pages_retry(const struct cmk_log *log, unsigned long *when);
/* Wait until every mark set before is durable. 0 or -EIO. May sleep, and does. */
int cmk_flush(struct cmk_log *log);
bool cmk_pages_are_idle(struct cmk_log *log);			/* takes log->lock */

/* ---- cmk_work.c: under log->lock ---- */
int cmk_freeze(struct cmk_log *log, const struct cmk_freeze *what);
void cmk_thaw(struct cmk_log *log, u64 id, const u64 *region);	/* NULL = all of it */
bool cmk_freezes_look(struct cmk_log *log, unsigned long *next);
const struct cmk_freeze *cmk_freeze_of(const struct cmk_log *log, u64 region);
int cmk_claim(struct cmk_log *log, const struct cmk_claim *what);
void cmk_claim_cut(struct cmk_log *log, u64 id, u64 hi);
int cmk_claim_end(struct cmk_log *log, u64 id);
bool cmk_work_next(struct cmk_log *log, u64 *region);
/* Was it handed out? Then it is not any more. */
bool cmk_work_done(struct cmk_log *log, u64 region, bool ok);
/* It is not copied, even if it was told so: a write has failed there since. */
void cmk_claims_spoil(struct cmk_log *log, u64 region);
void cmk_claims_look(struct cmk_log *log);

/* ---- cmk_clerk.c ---- */
void cmk_clerk(struct work_struct *work);
void cmk_clerk_wake(struct cmk_log *log);	/* any context */
/* Under log->lock. The daemon shall hear of it; also if it has been told of an older one. */
void cmk_ask(struct cmk_log *log, u32 ask);
void cmk_ask_over(struct cmk_log *log, u32 ask);

/* ---- cmk_legs.c ---- */
/* Open the mirror's legs. NULL or ERR_PTR. */
struct cmk_legs *cmk_legs_open(struct cmk_log *log);
/* Flush all; cmk_clerk_wake() when it has ended. False: one runs. */
bool cmk_legs_flush(struct cmk_legs *legs);
/* Has the last one ended? Then *error. */
bool cmk_legs_flushed(struct cmk_legs *legs, int *error);
/* Of the instance, or NULL; to be put. */
struct cmk_legs *cmk_legs_get(struct cmk_log *log);
void cmk_legs_put(struct cmk_legs *legs);
/*
 * The instance has none any more: they are closed when the flush that runs has ended, however long
 * that takes; CMK_LEGS_WAIT_S of it are waited here, so that mostly the legs can be removed next.
 * No cmk_clerk_wake() comes of them when this has returned.
 */
void cmk_legs_leave(struct cmk_log *log);

/* ---- cmk_wake.c ---- */
int cmk_wake_create(struct cmk_log *log);
void cmk_wake_destroy(struct cmk_log *log);
void cmk_wake(struct cmk_log *log);		/* under log->lock */
void cmk_wake_allow(struct cmk_log *log);
/* No read is under way when it returns, and none comes. May sleep. */
void cmk_wake_forbid(struct cmk_log *log);

/* ---- cmk_mirror.c ---- */
/* Has the table "handle_errors"? Or a negative errno. May sleep. */
int cmk_mirror_handles_errors(struct cmk_log *log);
/* Has a write or a flush failed on a leg since dm-mirror took it for good? In kmirrord only. */
bool cmk_mirror_write_failed(struct cmk_log *log);

/* ---- cmk_nl.c, cmk_tell.c ---- */
int cmk_nl_register(void);
void cmk_nl_unregister(void);
u32 cmk_daemon(void);				/* port of its socket; 0 = none is bound */
/* Send NEWS. 0, -ENOTCONN, or a reason to try again. */
int cmk_tell_news(struct cmk_log *log, u32 ask);
int cmk_tell_gone(u64 luid);
int cmk_tell_all(struct sk_buff *skb, struct cmk_log *log);	/* the answer to GET */
int cmk_tell_instance(struct sk_buff *skb, struct cmk_log *log, u32 portid, u32 seq);

static inline bool cmk_bit_get(const u8 *bits, u64 i)
{
	return bits[i / 8] >> (i % 8) & 1;
}

static inline void cmk_bit_put(u8 *bits, u64 i)
{
	bits[i / 8] |= 1 << (i % 8);
}

/* Its kernel writes. */
static inline bool cmk_is_live(const struct cmk_log *log)
{
	return log->state == CMIRROR_RUNNING || log->state == CMIRROR_PRESUSPENDED;
}

#endif
