/* SPDX-License-Identifier: GPL-2.0-only */
/* test_loop.c - lib/daemon/loop.h and helper.h: fds, timers, signals, helper threads. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lib/daemon/helper.h"
#include "lib/daemon/loop.h"
#include "test/lib/tap.h"

struct seen {
	struct loop *loop;
	int fds[2];
	int other_fd;
	unsigned int count;
	uint32_t events;
	int signo;
	int order[8];
	int new_fd;
	unsigned int new_count;
};

static void fd_new(void *ctx, int fd, uint32_t events)
{
	struct seen *seen = ctx;

	(void)fd;
	(void)events;
	seen->new_count++;
}

/* Whoever runs first gives the place of the other, whose event is still to come, to a third. */
static void fd_replace(void *ctx, int fd, uint32_t events)
{
	struct seen *seen = ctx;

	(void)events;
	loop_fd_del(seen->loop, fd == seen->fds[0] ? seen->other_fd : seen->fds[0]);
	if (loop_fd_add(seen->loop, seen->new_fd, EPOLLIN, fd_new, seen))
		seen->new_count = 99;
}

static void fd_count(void *ctx, int fd, uint32_t events)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->events = events;
	if (seen->other_fd >= 0)
		loop_fd_del(seen->loop, fd == seen->fds[0] ? seen->other_fd : seen->fds[0]);
}

static void test_fds(void)
{
	struct seen seen = {.other_fd = -1};
	int other[2], third[2];

	if (!OK(!loop_create(&seen.loop) && !pipe(seen.fds) && !pipe(other) && !pipe(third),
		"loop and pipes"))
		return;
	IS_INT(loop_fd_add(seen.loop, seen.fds[0], EPOLLIN, fd_count, &seen), 0, "watch a pipe");
	IS_INT(loop_fd_add(seen.loop, seen.fds[0], EPOLLIN, fd_count, &seen), -EEXIST, "twice");
	loop_once(seen.loop, 0);
	IS_U64(seen.count, 0, "an empty pipe is silent");
	OK(write(seen.fds[1], "xx", 2) == 2, "two bytes");
	loop_once(seen.loop, 0);
	loop_once(seen.loop, 0);
	IS_U64(seen.count, 2, "level triggered: called until it is read");

	/* Both are ready; whoever runs first removes the other, which must stay silent. */
	seen.other_fd = other[0];
	seen.count = 0;
	IS_INT(loop_fd_add(seen.loop, other[0], EPOLLIN, fd_count, &seen), 0, "watch another");
	OK(write(other[1], "x", 1) == 1, "a byte there");
	loop_once(seen.loop, 0);
	IS_U64(seen.count, 1, "a handler removed in this round does not run in it");
	loop_fd_del(seen.loop, seen.fds[0]);
	loop_fd_del(seen.loop, other[0]);

	IS_INT(loop_fd_add(seen.loop, seen.fds[0], EPOLLIN, fd_replace, &seen), 0, "two again");
	IS_INT(loop_fd_add(seen.loop, other[0], EPOLLIN, fd_replace, &seen), 0, "both ready");
	seen.new_fd = third[0];
	loop_once(seen.loop, 0);
	IS_U64(seen.new_count, 0, "a new handler does not get the event of the one before it");
	loop_fd_del(seen.loop, seen.fds[0]);
	loop_fd_del(seen.loop, other[0]);
	loop_fd_del(seen.loop, third[0]);
	close(third[0]);
	close(third[1]);

	seen.other_fd = -1;
	close(seen.fds[1]);
	IS_INT(loop_fd_add(seen.loop, seen.fds[0], EPOLLIN, fd_count, &seen), 0, "watch again");
	loop_once(seen.loop, 0);
	OK(seen.events & EPOLLHUP, "a hang-up is an event");
	loop_fd_del(seen.loop, seen.fds[0]);
	close(seen.fds[0]);
	close(other[0]);
	close(other[1]);
	loop_destroy(seen.loop);
}

static void timer_note(void *ctx, uint64_t now_ms)
{
	struct seen *seen = ctx;

	(void)now_ms;
	seen->order[seen->count++ % 8] = 1;
}

static void timer_note_again(void *ctx, uint64_t now_ms)
{
	struct loop_timer *timer = ctx;
	struct seen *seen = timer->ctx;

	(void)now_ms;
	seen->count++;
}

static void test_timers(void)
{
	struct seen seen = {.other_fd = -1};
	struct loop_timer timer = {.fn = timer_note, .ctx = &seen};
	struct loop_timer idle = {.fn = timer_note_again, .ctx = &seen};
	struct timespec a, b;
	uint64_t now_ms;

	if (!OK(!loop_create(&seen.loop), "loop"))
		return;
	now_ms = loop_now_ms(seen.loop);
	loop_timer_set(seen.loop, &idle, LOOP_NEVER);
	loop_timer_set(seen.loop, &timer, now_ms + 20);
	clock_gettime(CLOCK_MONOTONIC, &a);
	loop_once(seen.loop, -1);
	if (!seen.count)
		loop_once(seen.loop, -1);	/* rounding may end the wait a millisecond early */
	clock_gettime(CLOCK_MONOTONIC, &b);
	IS_U64(seen.count, 1, "the timer fired, with nothing else to wake the loop");
	OK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 19, "not early");
	loop_once(seen.loop, 0);
	IS_U64(seen.count, 1, "once");
	loop_timer_set(seen.loop, &timer, now_ms);
	loop_timer_del(seen.loop, &timer);
	loop_once(seen.loop, 0);
	IS_U64(seen.count, 1, "a removed timer is silent");
	loop_timer_del(seen.loop, &idle);
	loop_destroy(seen.loop);
}

static void signal_note(void *ctx, int signo)
{
	struct seen *seen = ctx;

	seen->signo = signo;
	loop_stop(seen->loop, 7);
}

static void test_signals(void)
{
	static const int signos[] = {SIGUSR1, SIGUSR2, 0};
	struct seen seen = {.other_fd = -1};

	if (!OK(!loop_create(&seen.loop), "loop"))
		return;
	IS_INT(loop_signals(seen.loop, signos, signal_note, &seen), 0, "take two signals");
	OK(!kill(getpid(), SIGUSR2), "send one");
	IS_INT(loop_run(seen.loop), 7, "the handler stopped the loop");
	IS_INT(seen.signo, SIGUSR2, "the right one");
	loop_destroy(seen.loop);
}

struct job {
	struct loop *loop;
	int fds[2];
	pthread_t thread;
	unsigned int done;
};

static void job_run(void *arg)
{
	struct job *job = arg;
	char byte;

	job->thread = pthread_self();
	if (read(job->fds[0], &byte, 1) != 1)
		job->thread = 0;
}

static void job_done(void *arg)
{
	struct job *job = arg;

	job->done++;
	loop_stop(job->loop, 0);
}

static void test_helpers(void)
{
	struct job job = {.done = 0};
	struct helpers *helpers;
	struct helper *helper;

	if (!OK(!loop_create(&job.loop) && !helpers_create(job.loop, &helpers) && !pipe(job.fds),
		"loop and helpers"))
		return;
	if (!OK(!helper_create(helpers, "test", &helper), "a helper"))
		return;
	IS_INT(helper_start(helper, job_run, job_done, &job), 0, "start a job");
	IS_INT(helper_start(helper, job_run, job_done, &job), -EBUSY, "one at a time");
	loop_once(job.loop, 0);
	IS_U64(job.done, 0, "not done while it runs");
	OK(write(job.fds[1], "x", 1) == 1, "let it end");
	(void)loop_run(job.loop);
	IS_U64(job.done, 1, "done() ran in the loop");
	OK(job.thread && !pthread_equal(job.thread, pthread_self()), "the job ran in a thread");
	OK(!helper_is_busy(helper), "free again");

	IS_INT(helper_start(helper, job_run, job_done, &job), 0, "another job");
	helper_destroy(helper);
	loop_once(job.loop, 0);
	IS_U64(job.done, 1, "destroying a busy helper waits for nothing");
	OK(write(job.fds[1], "x", 1) == 1, "let it end");
	(void)loop_run(job.loop);
	IS_U64(job.done, 2, "done() of the orphan still runs");
	close(job.fds[0]);
	close(job.fds[1]);
	helpers_destroy(helpers);
	loop_destroy(job.loop);
}

int main(void)
{
	alarm(30);
	test_fds();
	test_timers();
	test_signals();
	test_helpers();
	return tap_done();
}
