/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * helper.c - helper threads.
 *
 * One mutex and one eventfd for all helpers of a loop; jobs are rare and long, so nobody waits for
 * the mutex for more than a few instructions. A helper's life ends in the loop's thread:
 *
 *   idle, helper_destroy()      the thread is told, joined, freed
 *   busy, helper_destroy()      is_orphan; when the job ends, done() runs and then the same
 */
#include "lib/daemon/helper.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct helpers {
	struct loop *loop;
	pthread_mutex_t lock;
	int event_fd;
	struct helper *finished;	/* list by next_finished, newest first */
	unsigned int orphan_count;	/* loop's thread */
};

struct helper {
	struct helpers *helpers;
	pthread_t thread;
	pthread_cond_t news;
	helper_run_fn *run;		/* under the lock: set = a job to do */
	helper_done_fn *done;
	void *job;
	bool is_busy;			/* loop's thread: from start to done() */
	bool is_orphan;			/* loop's thread */
	bool must_end;
	struct helper *next_finished;
};

static void *helper_main(void *arg);
static void finished_take(void *ctx, int fd, uint32_t events);
static void helper_join(struct helper *helper);

int helpers_create(struct loop *loop, struct helpers **out)
{
	struct helpers *helpers;
	int r;

	helpers = calloc(1, sizeof(*helpers));
	if (!helpers)
		return -ENOMEM;
	helpers->loop = loop;
	helpers->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (helpers->event_fd < 0) {
		r = -errno;
		goto out_free;
	}
	pthread_mutex_init(&helpers->lock, NULL);
	r = loop_fd_add(loop, helpers->event_fd, EPOLLIN, finished_take, helpers);
	if (r)
		goto out_close;
	*out = helpers;
	return 0;

out_close:
	close(helpers->event_fd);
out_free:
	free(helpers);
	return r;
}

void helpers_destroy(struct helpers *helpers)
{
	loop_fd_del(helpers->loop, helpers->event_fd);
	if (helpers->orphan_count)
		return;		/* a thread that hangs still needs it all; the process is ending */
	close(helpers->event_fd);
	pthread_mutex_destroy(&helpers->lock);
	free(helpers);
}

int helper_create(struct helpers *helpers, const char *name, struct helper **out)
{
	struct helper *helper;
	pthread_attr_t attr;
	int r;

	helper = calloc(1, sizeof(*helper));
	if (!helper)
		return -ENOMEM;
	helper->helpers = helpers;
	pthread_cond_init(&helper->news, NULL);
	r = pthread_attr_init(&attr);
	if (r)
		goto out_free;
	r = pthread_attr_setstacksize(&attr, HELPER_STACK_BYTES);
	if (!r)
		r = pthread_create(&helper->thread, &attr, helper_main, helper);
	pthread_attr_destroy(&attr);
	if (r)
		goto out_free;
	(void)pthread_setname_np(helper->thread, name);	/* a name only */
	*out = helper;
	return 0;

out_free:
	pthread_cond_destroy(&helper->news);
	free(helper);
	return -r;
}

int helper_start(struct helper *helper, helper_run_fn *run, helper_done_fn *done, void *job)
{
	CM_ASSERT(run && done && !helper->is_orphan);
	if (helper->is_busy)
		return -EBUSY;
	helper->is_busy = true;
	pthread_mutex_lock(&helper->helpers->lock);
	helper->done = done;
	helper->job = job;
	helper->run = run;
	pthread_cond_signal(&helper->news);
	pthread_mutex_unlock(&helper->helpers->lock);
	return 0;
}

bool helper_is_busy(const struct helper *helper)
{
	return helper->is_busy;
}

void helper_destroy(struct helper *helper)
{
	if (!helper->is_busy) {
		helper_join(helper);
		return;
	}
	helper->is_orphan = true;
	helper->helpers->orphan_count++;
}

static void helper_join(struct helper *helper)
{
	pthread_mutex_lock(&helper->helpers->lock);
	helper->must_end = true;
	pthread_cond_signal(&helper->news);
	pthread_mutex_unlock(&helper->helpers->lock);
	pthread_join(helper->thread, NULL);
	pthread_cond_destroy(&helper->news);
	free(helper);
}

static void *helper_main(void *arg)
{
	struct helper *helper = arg;
	struct helpers *helpers = helper->helpers;
	helper_run_fn *run;

	pthread_mutex_lock(&helpers->lock);
	for (;;) {
		while (!helper->run && !helper->must_end)
			pthread_cond_wait(&helper->news, &helpers->lock);
		if (!helper->run)
			break;
		run = helper->run;
		pthread_mutex_unlock(&helpers->lock);

		run(helper->job);

		pthread_mutex_lock(&helpers->lock);
		helper->run = NULL;
		helper->next_finished = helpers->finished;
		helpers->finished = helper;
		if (eventfd_write(helpers->event_fd, 1)) {
			/* the counter is at its end: then the loop is being woken already */
		}
	}
	pthread_mutex_unlock(&helpers->lock);
	return NULL;
}

static void finished_take(void *ctx, int fd, uint32_t events)
{
	struct helpers *helpers = ctx;
	struct helper *helper, *next;
	eventfd_t count;

	(void)events;
	if (eventfd_read(fd, &count))
		return;
	pthread_mutex_lock(&helpers->lock);
	helper = helpers->finished;
	helpers->finished = NULL;
	pthread_mutex_unlock(&helpers->lock);
	for (; helper; helper = next) {
		next = helper->next_finished;	/* done() may destroy the helper, or start a job */
		helper->is_busy = false;
		if (helper->is_orphan) {
			helpers->orphan_count--;
			helper->done(helper->job);
			helper_join(helper);
		} else {
			helper->done(helper->job);
		}
	}
}
