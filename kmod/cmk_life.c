// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_life.c - an instance: ctr, resume, presuspend, postsuspend, dtr, and the daemon's answers.
 *
 * Three things wait for the daemon, each in an ioctl that can be killed: ctr (may this table be
 * loaded?), resume (which slot? what is in sync?), and the end of a suspend (the daemon gets the
 * slot's bits, and leaves the membership). A daemon that dies meanwhile is waited for.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "cmk.h"

static u64 luid_last;	/* under cmk_mutex */

/* A later load of the module begins behind the luids of this one. */
void cmk_luids_init(void)
{
	luid_last = ktime_get_boottime_ns();
}

struct cmk_log *cmk_find(u64 luid)
{
	struct cmk_log *log;

	list_for_each_entry(log, &cmk_logs, list)
		if (log->luid == luid)
			return log;
	return NULL;
}

/* ---- answers ---- */

static void started(struct cmk_log *log)
{
	if (log->state != CMIRROR_RESUMING)
		return;
	log->state = log->answer ? CMIRROR_REFUSED : CMIRROR_RUNNING;
	log->batch_due = jiffies + msecs_to_jiffies(log->sticky_ms);
	cmk_clerk_wake(log);	/* marks it has been given go too */
}

int cmk_answer(struct cmk_log *log, u32 ask, int error)
{
	int r = -EALREADY;

	spin_lock_irq(&log->lock);
	if (log->ask & ask) {
		cmk_ask_over(log, ask);
		log->is_answered = true;
		log->answer = error;
		if (ask == CMIRROR_ASK_RESUME)
			started(log);
		if (ask == CMIRROR_ASK_STOP)
			log->state = CMIRROR_STOPPED;
		wake_up(&log->wait);
		r = 0;
	}
	spin_unlock_irq(&log->lock);
	return r;
}

/* Ask, and wait. The answer, -ETIMEDOUT or -EINTR; whether it is still asked then is @keeps. */
static int ask_and_wait(struct cmk_log *log, u32 ask, long timeout, bool keeps)
{
	long left;
	int r;

	spin_lock_irq(&log->lock);
	log->is_answered = false;
	cmk_ask(log, ask);
	spin_unlock_irq(&log->lock);
	left = wait_event_killable_timeout(log->wait, READ_ONCE(log->is_answered), timeout);
	spin_lock_irq(&log->lock);
	if (log->is_answered) {
		r = log->answer;
	} else {
		r = left < 0 ? -EINTR : -ETIMEDOUT;
		if (!keeps)
			cmk_ask_over(log, ask);
	}
	spin_unlock_irq(&log->lock);
	return r;
}

/* ---- ctr ---- */

static int number_parse(const char *text, u32 *out)
{
	return kstrtou32(text, 10, out) ? -EINVAL : 0;
}

/* "UUID DEV REGION_SECT ..." of a disk log, "UUID REGION_SECT ..." of a core log. */
static int args_parse(struct cmk_log *log, unsigned int argc, char **argv, bool is_core)
{
	unsigned int at = is_core ? 1 : 2, i, len = 0;
	int r;

	if (argc <= at || strlen(argv[0]) >= CMIRROR_UUID_BYTES || !*argv[0] ||
	    number_parse(argv[at], &log->region_sect) || !is_power_of_2(log->region_sect) ||
	    log->region_sect < 2) {
		DMERR("arguments: UUID %sREGION_SECTORS [WORD...], a power of two from 2",
		      is_core ? "" : "DEVICE ");
		return -EINVAL;
	}
	strscpy(log->uuid, argv[0], sizeof(log->uuid));
	log->region_count = dm_sector_div_up(log->ti->len, log->region_sect);
	if (log->region_count > CMIRROR_REGIONS_MAX) {
		DMERR("%s: %llu regions, at most %llu: use larger ones", log->uuid,
		      log->region_count, CMIRROR_REGIONS_MAX);
		return -E2BIG;
	}
	if (!is_core) {
		r = dm_get_device(log->ti, argv[1], dm_table_get_mode(log->ti->table), &log->dev);
		if (r) {
			DMERR("%s: log device %s cannot be opened", log->uuid, argv[1]);
			return r;
		}
	}
	for (i = 1; i < argc && len < sizeof(log->args); i++)
		len += scnprintf(log->args + len, sizeof(log->args) - len, "%s%s",
				 i > 1 ? " " : "", i < at ? log->dev->name : argv[i]);
	if (len < sizeof(log->args) - 1)
		return 0;
	DMERR("%s: arguments of more than %zu bytes", log->uuid, sizeof(log->args) - 2);
	return -E2BIG;
}

static void log_free(struct cmk_log *log)
{
	cmk_wake_destroy(log);
	cmk_pages_destroy(log);
	cmk_maps_destroy(log);
	if (log->dev)
		dm_put_device(log->ti, log->dev);
	kvfree(log);
}

static int log_create(struct dm_target *ti, unsigned int argc, char **argv, bool is_core,
		      struct cmk_log **out)
{
	struct cmk_log *log = kvzalloc(sizeof(*log), GFP_KERNEL);
	int r;

	if (!log)
		return -ENOMEM;
	log->ti = ti;
	log->state = CMIRROR_NEW;
	spin_lock_init(&log->lock);
	init_waitqueue_head(&log->wait);
	INIT_DELAYED_WORK(&log->clerk, cmk_clerk);
	INIT_WORK(&log->write_work, cmk_write_work);
	INIT_LIST_HEAD(&log->list);
	r = args_parse(log, argc, argv, is_core);
	if (!r)
		r = cmk_maps_create(log);
	if (!r && !is_core)
		r = cmk_pages_create(log);
	if (!r)
		r = cmk_wake_create(log);
	if (r) {
		log_free(log);
		return r;
	}
	*out = log;
	return 0;
}

int cmk_create(struct dm_dirty_log *dl, struct dm_target *ti, unsigned int argc, char **argv,
	       bool is_core)
{
	struct cmk_log *log;
	int r;

	if (!cmk_daemon()) {
		DMERR("cmirrord is not running: start it (systemctl start cmirrord)");
		return -ENOTCONN;
	}
	r = log_create(ti, argc, argv, is_core, &log);
	if (r)
		return r;
	mutex_lock(&cmk_mutex);
	log->luid = ++luid_last;	/* the list is in their order: INSTANCES */
	list_add_tail(&log->list, &cmk_logs);
	mutex_unlock(&cmk_mutex);
	r = ask_and_wait(log, CMIRROR_ASK_CTR, CMK_CTR_WAIT_S * HZ, false);
	if (r) {
		DMERR("%s: table refused (%d): see cmirrord's messages", log->uuid, r);
		cmk_destroy(log);
		return r;
	}
	dl->context = log;
	return 0;
}

void cmk_destroy(struct cmk_log *log)
{
	mutex_lock(&cmk_mutex);
	list_del_init(&log->list);
	mutex_unlock(&cmk_mutex);
	WRITE_ONCE(log->is_closing, true);
	cmk_wake_forbid(log);
	cmk_legs_leave(log);
	wait_event(log->wait, cmk_pages_are_idle(log));
	cancel_delayed_work_sync(&log->clerk);
	cancel_work_sync(&log->write_work);
	cmk_tell_gone(log->luid);
	log_free(log);
}

/* ---- resume ---- */

/*
 * Nothing is known: all out of sync, until the daemon has said more. Only what has failed stays so:
 * dm-mirror's hash has not forgotten it either.
 */
static void maps_forget(struct cmk_log *log)
{
	u64 count = log->region_count;

	bitmap_fill(log->oos, count);
	bitmap_fill(log->want_oos, count);
	bitmap_zero(log->frozen, count);
	bitmap_zero(log->want_frozen, count);
	bitmap_zero(log->marks, count);
	bitmap_zero(log->dirty, count);
	bitmap_zero(log->recent, count);
	bitmap_zero(log->voids, count);
	log->oos_count = count;
	log->mark_count = 0;
	cmk_pages_forget(log);
}

static void forget(struct cmk_log *log)
{
	maps_forget(log);
	memset(log->claim, 0, sizeof(log->claim));
	memset(log->freeze, 0, sizeof(log->freeze));
	log->freezes_open = 0;
	log->assigned = 0;
	log->mode = CMIRROR_MODE_NONE;
	log->want_mode = CMIRROR_MODE_NONE;
	log->in_pass = false;
	log->has_held = false;
	log->log_failed = false;
	log->has_refused = false;
	log->flush_id = 0;
	log->flushing_id = 0;
	log->flushed_id = 0;
	log->batch_flushing = false;
	log->ask = 0;
	log->told = 0;
	if (find_first_bit(log->failed, log->region_count) < log->region_count)
		cmk_ask(log, CMIRROR_ASK_FAILED);
}

static int legs_set(struct cmk_log *log)
{
	unsigned int noio = memalloc_noio_save();	/* the mirror is suspended */
	struct cmk_legs *legs = cmk_legs_open(log);

	memalloc_noio_restore(noio);
	if (IS_ERR(legs))
		return PTR_ERR(legs);
	spin_lock_irq(&log->lock);
	log->legs = legs;
	spin_unlock_irq(&log->lock);
	return 0;
}

static void refuse(struct cmk_log *log, int error)
{
	DMERR("%s: not started (%d): its writes fail; see cmirrord's messages, deactivate it",
	      log->uuid, error);
	spin_lock_irq(&log->lock);
	log->state = CMIRROR_REFUSED;
	spin_unlock_irq(&log->lock);
	cmk_legs_leave(log);
}

/*
 * Without handle_errors dm-mirror writes to the legs also when the log has failed, takes copies
 * that failed for good, and goes on with one leg alone: another node would hear of nothing.
 */
static int errors_check(struct cmk_log *log)
{
	int r = cmk_mirror_handles_errors(log);

	if (r < 0)
		return r;
	log->ignores_errors = !r;
	if (r)
		return 0;
	DMERR("%s: the table lacks \"1 handle_errors\"", log->uuid);
	return -EINVAL;
}

int cmk_resume(struct cmk_log *log)
{
	int r;

	if (log->state == CMIRROR_STOPPING) {	/* the suspend was killed */
		r = cmk_postsuspend(log);
		if (r)
			return r;	/* stays so, its writes fail; the next suspend asks again */
	}
	spin_lock_irq(&log->lock);
	forget(log);
	log->state = CMIRROR_RESUMING;
	spin_unlock_irq(&log->lock);
	r = errors_check(log);
	if (!r)
		r = legs_set(log);
	if (!r)
		r = ask_and_wait(log, CMIRROR_ASK_RESUME, CMK_RESUME_WAIT_S * HZ, false);
	if (r) {
		refuse(log, r);
		return r;
	}
	cmk_wake_allow(log);
	return 0;
}

/* ---- suspend ---- */

int cmk_presuspend(struct cmk_log *log)
{
	spin_lock_irq(&log->lock);
	if (log->state == CMIRROR_RUNNING) {
		log->state = CMIRROR_PRESUSPENDED;
		cmk_claims_look(log);
		cmk_ask(log, CMIRROR_ASK_PRESUSPEND);
	}
	spin_unlock_irq(&log->lock);
	cmk_wake_forbid(log);
	return 0;
}

/*
 * No I/O is under way. The slot is the daemon's from now on: no page is written after the last one
 * has come back. The legs are left to their flush, if one runs.
 */
int cmk_postsuspend(struct cmk_log *log)
{
	bool was_live;

	spin_lock_irq(&log->lock);
	was_live = cmk_is_live(log) || log->state == CMIRROR_STOPPING;
	if (was_live) {
		log->state = CMIRROR_STOPPING;
		bitmap_zero(log->dirty, log->region_count);
	}
	spin_unlock_irq(&log->lock);
	cmk_legs_leave(log);
	if (!was_live)
		return 0;
	wait_event(log->wait, cmk_pages_are_idle(log));
	return ask_and_wait(log, CMIRROR_ASK_STOP, MAX_SCHEDULE_TIMEOUT, true);
}
