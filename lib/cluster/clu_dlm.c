/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks of a DLM lockspace: a table of wishes, and the thread that fulfils them. See clu_dlm.h.
 *
 * The only file that includes libdlm.h for locking. Never *_wait calls; completions (ASTs) come out
 * of dlm_dispatch() in our thread and only leave a mark in the lock, so that no request is made
 * from inside one.
 *
 * The mutex guards what both threads touch (see struct lock); it is never held over a call into
 * libdlm or libdlmcontrol, so the main loop never waits for the kernel or for dlm_controld.
 */
#include "lib/cluster/clu_dlm.h"

#ifndef _REENTRANT
#error "build with -D_REENTRANT: libdlm's structures and calls differ without it"
#endif

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <libdlm.h>

#include "lib/cluster/clu_dlmcontrol.h"

#define STACK_BYTES	(128u * 1024u)	/* libdlm has path buffers of 4 KiB on its stack */
#define TICK_MS		10000u		/* reading of the configuration, look at the lockspace */
#define ADOPT_RETRY_MS	1000u

enum lk_state {
	LK_FREE,
	LK_ASKED,	/* queued */
	LK_KEEPING,	/* granted, being made persistent */
	LK_HELD,
	LK_GOING,	/* unlock or cancel under way */
};

/* One lock of the kernel. The kernel keeps its address as the argument of completions. */
struct lk {
	struct dlm_lksb lksb;
	enum lk_state state;
	bool is_done;		/* a completion came: lksb.sb_status */
};

struct lock {
	/* both threads, under the mutex */
	bool is_used;
	bool is_wanted;
	bool has_event;
	bool is_sweep;		/* never wished: look for an orphan to give up; constant */
	enum clu_dlm_kind kind;
	char name[CLU_DLM_NAME_MAX + 1];	/* constant while used */
	uint64_t wish;		/* counts wishes: an event answers one of them */
	struct clu_dlm_event event;
	/* the thread's own */
	struct lk lk[2];	/* [1]: an orphan adopted while [0] was queued */
	uint64_t answered;	/* wish */
	uint64_t adopt_at_ms;	/* not before; 0 = never tried */
	bool is_adopted;
};

struct clu_dlm {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t has_ended_cond;
	int event_fd;		/* to the main loop */
	int wake_fd;		/* to the thread */
	char lockspace[CLU_DLM_NAME_MAX + 1];
	/* both threads, under the mutex */
	bool is_stopping, is_dropping, has_ended;
	bool is_lost, has_lost_event;
	const char *lost_reason;
	bool fencing_on;
	uint64_t fencing_off_ms;
	uint64_t hold_until_ms;
	struct lock lock[CLU_DLM_LOCKS_MAX];
	/* the thread's own */
	dlm_lshandle_t ls;
	char *config_text;
};

static void *thread_main(void *arg);
static void signal_fd(int fd);
static void clear_fd(int fd);
static void read_fencing(struct clu_dlm *dlm);
static int first_reading(struct clu_dlm *dlm, bool need_fencing, struct cm_errmsg *err);
static int start_thread(struct clu_dlm *dlm);
static struct lock *new_lock(struct clu_dlm *dlm, const char *name, enum clu_dlm_kind kind);
static struct lock *find_lock(struct clu_dlm *dlm, const char *name);
static bool open_lockspace(struct clu_dlm *dlm);
static bool work(struct clu_dlm *dlm, int *timeout_ms);
static void fulfil(struct clu_dlm *dlm, struct lock *lock, uint64_t wish);
static bool withdraw(struct clu_dlm *dlm, struct lock *lock);
static void collect(struct clu_dlm *dlm, struct lock *lock, struct lk *lk);
static void keep(struct clu_dlm *dlm, struct lock *lock, struct lk *lk);
static void acquire(struct clu_dlm *dlm, struct lock *lock);
static bool adopt(struct clu_dlm *dlm, struct lock *lock, struct lk *lk);
static void let_go(struct clu_dlm *dlm, struct lk *lk, uint32_t flags);
static void answer(struct clu_dlm *dlm, struct lock *lock, uint64_t wish);
static void fail(struct clu_dlm *dlm, struct lock *lock, int err);
static void lose(struct clu_dlm *dlm, const char *reason);

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- the main loop's side ---- */

int clu_dlm_create(const char *lockspace, bool need_fencing, struct clu_dlm **out,
		   struct cm_errmsg *err)
{
	pthread_condattr_t attr;
	struct clu_dlm *dlm;
	int r = -ENOMEM;

	CM_ASSERT(strlen(lockspace) <= CLU_DLM_NAME_MAX);
	dlm = calloc(1, sizeof(*dlm));
	if (!dlm)
		goto out_err;
	memcpy(dlm->lockspace, lockspace, strlen(lockspace) + 1);
	dlm->config_text = malloc(CLU_DLMCONTROL_BYTES);
	if (!dlm->config_text)
		goto out_free;
	r = first_reading(dlm, need_fencing, err);
	if (r)
		goto out_text;
	pthread_mutex_init(&dlm->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&dlm->has_ended_cond, &attr);
	pthread_condattr_destroy(&attr);
	dlm->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	dlm->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = dlm->event_fd < 0 || dlm->wake_fd < 0 ? -errno : start_thread(dlm);
	if (r)
		goto out_fds;
	*out = dlm;
	return 0;

out_fds:
	close(dlm->event_fd);
	close(dlm->wake_fd);
	pthread_cond_destroy(&dlm->has_ended_cond);
	pthread_mutex_destroy(&dlm->mutex);
out_text:
	free(dlm->config_text);
out_free:
	free(dlm);
out_err:
	if (r != CM_E_CLU_LOST && r != CM_E_CLU_NO_FENCING)
		cm_err_set(err, "lock thread: %s", cm_strerror(r));
	return r;
}

static int first_reading(struct clu_dlm *dlm, bool need_fencing, struct cm_errmsg *err)
{
	if (clu_dlmcontrol_fencing(dlm->config_text, &dlm->fencing_on)) {
		cm_err_set(err, "dlm_controld does not answer: start dlm.service, or use "
			   "--cluster local");
		return CM_E_CLU_LOST;
	}
	if (dlm->fencing_on)
		return 0;
	dlm->fencing_off_ms = now_ms();
	if (!need_fencing)
		return 0;
	cm_err_set(err, "fencing is switched off: set enable_fencing and enable_startup_fencing to "
		   "1 in dlm.conf and configure fencing (or, at the risk of the data, set "
		   "allow_no_fencing = 1)");
	return CM_E_CLU_NO_FENCING;
}

/* No signal is ever handled in the thread. */
static int start_thread(struct clu_dlm *dlm)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&dlm->thread, &attr, thread_main, dlm);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

void clu_dlm_destroy(struct clu_dlm *dlm, bool drop, int wait_ms)
{
	struct timespec until;
	bool has_ended;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&dlm->mutex);
	dlm->is_stopping = true;
	dlm->is_dropping = drop;
	signal_fd(dlm->wake_fd);
	while (!dlm->has_ended)
		if (pthread_cond_timedwait(&dlm->has_ended_cond, &dlm->mutex, &until))
			break;
	has_ended = dlm->has_ended;
	pthread_mutex_unlock(&dlm->mutex);
	if (!has_ended) {
		/* Blocked in the kernel, which cannot be interrupted; the process's end waits
		 * for it, and it uses its memory until then. */
		pthread_detach(dlm->thread);
		return;
	}
	pthread_join(dlm->thread, NULL);
	close(dlm->event_fd);
	close(dlm->wake_fd);
	pthread_cond_destroy(&dlm->has_ended_cond);
	pthread_mutex_destroy(&dlm->mutex);
	free(dlm->config_text);
	free(dlm);
}

int clu_dlm_fd(const struct clu_dlm *dlm)
{
	return dlm->event_fd;
}

bool clu_dlm_next(struct clu_dlm *dlm, struct clu_dlm_event *event)
{
	bool found = false;
	uint32_t i;

	pthread_mutex_lock(&dlm->mutex);
	for (i = 0; i < CLU_DLM_LOCKS_MAX && !found; i++) {
		if (!dlm->lock[i].has_event)
			continue;
		dlm->lock[i].has_event = false;
		*event = dlm->lock[i].event;
		found = true;
	}
	if (!found && dlm->has_lost_event) {
		dlm->has_lost_event = false;
		memset(event, 0, sizeof(*event));
		event->is_lost = true;
		event->reason = dlm->lost_reason;
		found = true;
	}
	if (!found)
		clear_fd(dlm->event_fd);
	pthread_mutex_unlock(&dlm->mutex);
	return found;
}

void clu_dlm_hold(struct clu_dlm *dlm, unsigned int ms)
{
	pthread_mutex_lock(&dlm->mutex);
	dlm->hold_until_ms = now_ms() + ms;
	pthread_mutex_unlock(&dlm->mutex);
}

static bool is_holding(struct clu_dlm *dlm)
{
	bool is_it;

	pthread_mutex_lock(&dlm->mutex);
	is_it = now_ms() < dlm->hold_until_ms;
	pthread_mutex_unlock(&dlm->mutex);
	return is_it;
}

int clu_dlm_want(struct clu_dlm *dlm, const char *name, enum clu_dlm_kind kind)
{
	struct lock *lock;
	int r = 0;

	CM_ASSERT(name[0] && strlen(name) <= CLU_DLM_NAME_MAX);
	pthread_mutex_lock(&dlm->mutex);
	lock = find_lock(dlm, name);
	if (!lock)
		lock = new_lock(dlm, name, kind);
	if (!lock) {
		r = -ENOMEM;
		goto out;
	}
	CM_ASSERT(lock->kind == kind);
	lock->is_wanted = true;
	lock->has_event = false;
	lock->wish++;
	signal_fd(dlm->wake_fd);
out:
	pthread_mutex_unlock(&dlm->mutex);
	return r;
}

void clu_dlm_unwant(struct clu_dlm *dlm, const char *name)
{
	struct lock *lock;

	pthread_mutex_lock(&dlm->mutex);
	lock = find_lock(dlm, name);
	if (!lock) {
		lock = new_lock(dlm, name, CLU_DLM_KEPT);
		if (lock)
			lock->is_sweep = true;
	}
	if (lock) {
		lock->is_wanted = false;
		lock->has_event = false;
		signal_fd(dlm->wake_fd);
	}
	pthread_mutex_unlock(&dlm->mutex);
}

bool clu_dlm_fencing_on(const struct clu_dlm *dlm)
{
	pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&dlm->mutex;
	bool is_on;

	pthread_mutex_lock(mutex);
	is_on = dlm->fencing_on;
	pthread_mutex_unlock(mutex);
	return is_on;
}

uint64_t clu_dlm_fencing_off_ms(const struct clu_dlm *dlm)
{
	pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&dlm->mutex;
	uint64_t ms;

	pthread_mutex_lock(mutex);
	ms = dlm->fencing_off_ms;
	pthread_mutex_unlock(mutex);
	return ms;
}

/* "": a free one. Under the mutex. */
static struct lock *find_lock(struct clu_dlm *dlm, const char *name)
{
	uint32_t i;

	for (i = 0; i < CLU_DLM_LOCKS_MAX; i++)
		if (dlm->lock[i].is_used ? strcmp(dlm->lock[i].name, name) == 0 : !name[0])
			return &dlm->lock[i];
	return NULL;
}

static struct lock *new_lock(struct clu_dlm *dlm, const char *name, enum clu_dlm_kind kind)
{
	struct lock *lock = find_lock(dlm, "");

	if (!lock)
		return NULL;
	memset(lock, 0, sizeof(*lock));
	memcpy(lock->name, name, strlen(name) + 1);
	lock->kind = kind;
	lock->is_used = true;
	return lock;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the fd is readable anyway. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

static void clear_fd(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;		/* was not set */
}

/* ---- the thread's side ---- */

static void *thread_main(void *arg)
{
	struct clu_dlm *dlm = arg;
	struct pollfd fds[2];
	uint64_t tick_ms = now_ms() + TICK_MS;
	bool is_leaving;
	int timeout_ms;

	if (!open_lockspace(dlm))
		goto out;
	fds[0] = (struct pollfd){ .fd = dlm_ls_get_fd(dlm->ls), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = dlm->wake_fd, .events = POLLIN };
	while (work(dlm, &timeout_ms)) {
		if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
			break;
		clear_fd(dlm->wake_fd);
		if (dlm_dispatch(fds[0].fd) < 0) {
			lose(dlm, "the DLM lockspace was destroyed");
			break;
		}
		if (now_ms() >= tick_ms) {
			tick_ms = now_ms() + TICK_MS;
			read_fencing(dlm);
		}
	}
	pthread_mutex_lock(&dlm->mutex);
	is_leaving = dlm->is_stopping && dlm->is_dropping && !dlm->is_lost;
	pthread_mutex_unlock(&dlm->mutex);
	/* Refused by the kernel while there are locks, ours or another process's. */
	if (is_leaving)
		dlm_release_lockspace(dlm->lockspace, dlm->ls, 0);
	else
		dlm_close_lockspace(dlm->ls);
out:
	pthread_mutex_lock(&dlm->mutex);
	dlm->has_ended = true;
	pthread_cond_signal(&dlm->has_ended_cond);
	pthread_mutex_unlock(&dlm->mutex);
	return NULL;
}

/*
 * A lockspace outlives its creator; opened by name it is the one of the former process, with its
 * orphans. Creating it joins it to the other nodes: that waits for dlm_controld and quorum.
 */
static bool open_lockspace(struct clu_dlm *dlm)
{
	dlm->ls = dlm_open_lockspace(dlm->lockspace);
	if (!dlm->ls)
		dlm->ls = dlm_new_lockspace(dlm->lockspace, 0600, 0);
	if (!dlm->ls)
		lose(dlm, "the DLM lockspace cannot be created (see the log of dlm_controld)");
	return dlm->ls != NULL;
}

/* Everything that can be done now, and how long to sleep then. Returns whether to go on. */
static bool work(struct clu_dlm *dlm, int *timeout_ms)
{
	bool is_wanted, is_used, is_dropping, is_stopping, is_any_used = false;
	uint64_t wish;
	uint32_t i;

	*timeout_ms = TICK_MS;
	for (i = 0; i < CLU_DLM_LOCKS_MAX; i++) {
		pthread_mutex_lock(&dlm->mutex);
		is_stopping = dlm->is_stopping;
		is_dropping = dlm->is_dropping;
		is_used = dlm->lock[i].is_used;
		is_wanted = dlm->lock[i].is_wanted && !is_dropping;
		wish = dlm->lock[i].wish;
		pthread_mutex_unlock(&dlm->mutex);
		if (is_stopping && !is_dropping)
			return false;
		if (!is_used)
			continue;
		if (is_wanted)
			fulfil(dlm, &dlm->lock[i], wish);
		else
			is_any_used |= !withdraw(dlm, &dlm->lock[i]);
		is_any_used |= is_wanted;
		if (dlm->lock[i].lk[0].state != LK_HELD)
			*timeout_ms = ADOPT_RETRY_MS;
		if (dlm->is_lost)
			return false;
	}
	return !is_stopping || is_any_used;
}

static void fulfil(struct clu_dlm *dlm, struct lock *lock, uint64_t wish)
{
	struct lk *queued = &lock->lk[0], *orphan = &lock->lk[1];

	collect(dlm, lock, queued);
	collect(dlm, lock, orphan);
	if (queued->state == LK_FREE && orphan->state == LK_FREE && is_holding(dlm))
		return;		/* the next round is a second away at most */
	if (queued->state == LK_FREE && orphan->state == LK_FREE)
		acquire(dlm, lock);
	else if (queued->state == LK_ASKED && orphan->state == LK_FREE &&
		 lock->kind == CLU_DLM_KEPT && now_ms() >= lock->adopt_at_ms)
		(void)adopt(dlm, lock, orphan);	/* else we wait on */
	if (queued->state == LK_ASKED && orphan->state == LK_HELD)
		let_go(dlm, queued, LKF_FORCEUNLOCK);
	if (queued->state == LK_HELD || orphan->state == LK_HELD)
		answer(dlm, lock, wish);
}

/* Returns whether nothing is left of it. */
static bool withdraw(struct clu_dlm *dlm, struct lock *lock)
{
	struct lk *queued = &lock->lk[0], *orphan = &lock->lk[1];
	bool is_free = false;

	collect(dlm, lock, queued);
	collect(dlm, lock, orphan);
	if (lock->is_sweep && lock->adopt_at_ms == 0)
		(void)adopt(dlm, lock, queued);	/* else there is nothing */
	if (queued->state == LK_HELD || queued->state == LK_ASKED)
		let_go(dlm, queued, queued->state == LK_ASKED ? LKF_FORCEUNLOCK : 0);
	if (orphan->state == LK_HELD)
		let_go(dlm, orphan, 0);
	if (queued->state != LK_FREE || orphan->state != LK_FREE)
		return false;
	lock->is_adopted = false;
	pthread_mutex_lock(&dlm->mutex);
	/* It may have been wished again meanwhile, or somebody has yet to hear of its failure. */
	if ((!lock->is_wanted && !lock->has_event) || dlm->is_dropping) {
		lock->is_used = false;
		is_free = true;
	}
	pthread_mutex_unlock(&dlm->mutex);
	return is_free;
}

/* A completion of libdlm, inside dlm_dispatch(). */
static void on_ast(void *arg)
{
	struct lk *lk = arg;

	lk->is_done = true;
}

/* Make what the kernel has completed true. */
static void collect(struct clu_dlm *dlm, struct lock *lock, struct lk *lk)
{
	int status = lk->lksb.sb_status;

	if (!lk->is_done)
		return;
	lk->is_done = false;
	switch (lk->state) {
	case LK_ASKED:
		if (status) {
			lk->state = LK_FREE;
			fail(dlm, lock, -status);
		} else if (lock->kind == CLU_DLM_PASSING) {
			lk->state = LK_HELD;
		} else {
			keep(dlm, lock, lk);
		}
		break;
	case LK_KEEPING:
		lk->state = LK_HELD;
		if (status) {
			fail(dlm, lock, -status);
			let_go(dlm, lk, 0);
		}
		break;
	case LK_GOING:
		/* A grant may have been under way when we stopped waiting. */
		if (status == EUNLOCK || status == ECANCEL)
			lk->state = LK_FREE;
		break;
	case LK_FREE:
	case LK_HELD:
		break;
	}
}

/* Make a granted lock persistent. */
static void keep(struct clu_dlm *dlm, struct lock *lock, struct lk *lk)
{
	if (dlm_ls_lock(dlm->ls, LKM_EXMODE, &lk->lksb, LKF_CONVERT | LKF_PERSISTENT, NULL, 0, 0,
			on_ast, lk, NULL, NULL) == 0) {
		lk->state = LK_KEEPING;
	} else if (errno == EBUSY) {
		/* The kernel is not done with the grant; as if it had just been completed. */
		lk->lksb.sb_status = 0;
		lk->is_done = true;
	} else {
		fail(dlm, lock, -errno);
		let_go(dlm, lk, 0);
	}
}

static void acquire(struct clu_dlm *dlm, struct lock *lock)
{
	struct lk *lk = &lock->lk[0];

	lock->is_adopted = false;
	if (lock->kind == CLU_DLM_KEPT && adopt(dlm, lock, lk))
		return;
	memset(&lk->lksb, 0, sizeof(lk->lksb));
	if (dlm_ls_lock(dlm->ls, LKM_EXMODE, &lk->lksb, 0, lock->name,
			(unsigned int)strlen(lock->name), 0, on_ast, lk, NULL, NULL) == 0)
		lk->state = LK_ASKED;
	else
		fail(dlm, lock, -errno);
}

/*
 * Take over the lock that a former process of this boot left. It answers at once and without a
 * completion: ENOENT no orphan, EAGAIN one in another mode (a dead one, see clu_dlm.h: not held by
 * anybody). Needs an AST and a lksb all the same, else EINVAL.
 */
static bool adopt(struct clu_dlm *dlm, struct lock *lock, struct lk *lk)
{
	memset(&lk->lksb, 0, sizeof(lk->lksb));
	lock->adopt_at_ms = now_ms() + ADOPT_RETRY_MS;
	if (dlm_ls_lock(dlm->ls, LKM_EXMODE, &lk->lksb, LKF_PERSISTENT | LKF_ORPHAN, lock->name,
			(unsigned int)strlen(lock->name), 0, on_ast, lk, NULL, NULL))
		return false;
	lk->state = LK_HELD;
	lock->is_adopted = true;
	return true;
}

static void let_go(struct clu_dlm *dlm, struct lk *lk, uint32_t flags)
{
	if (dlm_ls_unlock(dlm->ls, lk->lksb.sb_lkid, flags, &lk->lksb, lk) == 0)
		lk->state = LK_GOING;
	else if (errno == ENOENT)
		lk->state = LK_FREE;	/* not there any more */
	/* EBUSY: something is under way; the next round tries again */
}

/* The wish is fulfilled: say so, once per wish. */
static void answer(struct clu_dlm *dlm, struct lock *lock, uint64_t wish)
{
	if (lock->answered == wish)
		return;
	if (lock->kind == CLU_DLM_PASSING)
		read_fencing(dlm);
	pthread_mutex_lock(&dlm->mutex);
	if (lock->is_wanted && lock->wish == wish) {
		memset(&lock->event, 0, sizeof(lock->event));
		memcpy(lock->event.name, lock->name, sizeof(lock->name));
		lock->event.is_adopted = lock->is_adopted;
		lock->event.fencing_on = dlm->fencing_on;
		lock->has_event = true;
		lock->answered = wish;
		signal_fd(dlm->event_fd);
	}
	pthread_mutex_unlock(&dlm->mutex);
}

static void fail(struct clu_dlm *dlm, struct lock *lock, int err)
{
	pthread_mutex_lock(&dlm->mutex);
	if (lock->is_wanted) {
		lock->is_wanted = false;
		memset(&lock->event, 0, sizeof(lock->event));
		memcpy(lock->event.name, lock->name, sizeof(lock->name));
		lock->event.result = err < 0 && err > -4096 ? err : -EIO;
		lock->has_event = true;
		signal_fd(dlm->event_fd);
	}
	pthread_mutex_unlock(&dlm->mutex);
}

static void lose(struct clu_dlm *dlm, const char *reason)
{
	pthread_mutex_lock(&dlm->mutex);
	dlm->is_lost = true;
	dlm->has_lost_event = true;
	dlm->lost_reason = reason;
	signal_fd(dlm->event_fd);
	pthread_mutex_unlock(&dlm->mutex);
}

/* The regular look around: fencing may be switched, the lockspace torn away by force. */
static void read_fencing(struct clu_dlm *dlm)
{
	char path[sizeof("/sys/kernel/dlm/") + CLU_DLM_NAME_MAX];
	bool is_on = false;

	if (clu_dlmcontrol_fencing(dlm->config_text, &is_on))
		is_on = false;	/* a dlm_controld that is gone fences nobody */
	pthread_mutex_lock(&dlm->mutex);
	dlm->fencing_on = is_on;
	if (!is_on)
		dlm->fencing_off_ms = now_ms();
	pthread_mutex_unlock(&dlm->mutex);
	snprintf(path, sizeof(path), "/sys/kernel/dlm/%s", dlm->lockspace);
	if (access(path, F_OK) != 0)
		lose(dlm, "the DLM lockspace was destroyed");
}
