/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.c - epoll loop.
 *
 * A handler may remove a fd whose event waits later in the same round, and the number may be in use
 * again by then: every event carries slot and generation, and a stale one is dropped.
 */
#include "lib/daemon/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define ROUND_EVENTS	64

struct watch {
	int fd;			/* -1 = free */
	uint32_t generation;
	loop_fd_fn *fn;
	void *ctx;
};

struct loop {
	int epoll_fd;
	int signal_fd;		/* -1 = none */
	loop_signal_fn *signal_fn;
	void *signal_ctx;
	uint64_t now_ms;
	bool must_stop;
	int result;
	uint32_t watch_count;	/* slots ever used */
	uint32_t timer_count;
	struct loop_timer *timer[LOOP_TIMERS_MAX];
	struct watch watch[LOOP_FDS_MAX];
};

static struct watch *watch_find(struct loop *loop, int fd);
static uint64_t watch_tag(const struct loop *loop, const struct watch *watch);
static void event_dispatch(struct loop *loop, const struct epoll_event *ev);
static void signal_read(void *ctx, int fd, uint32_t events);
static void timers_fire(struct loop *loop);
static int wait_for(const struct loop *loop, int wait_ms);
static uint64_t clock_ms(void);

int loop_create(struct loop **out)
{
	struct loop *loop;
	uint32_t i;
	int r;

	loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		r = -errno;
		free(loop);
		return r;
	}
	loop->signal_fd = -1;
	for (i = 0; i < LOOP_FDS_MAX; i++)
		loop->watch[i].fd = -1;
	loop->now_ms = clock_ms();
	*out = loop;
	return 0;
}

void loop_destroy(struct loop *loop)
{
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	free(loop);
}

int loop_fd_add(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *ctx)
{
	struct epoll_event ev = {.events = events};
	struct watch *watch;

	CM_ASSERT(fd >= 0 && fn);
	if (watch_find(loop, fd))
		return -EEXIST;
	watch = watch_find(loop, -1);
	if (!watch) {
		if (loop->watch_count == LOOP_FDS_MAX)
			return -ENOSPC;
		watch = &loop->watch[loop->watch_count++];
	}
	watch->generation++;
	watch->fn = fn;
	watch->ctx = ctx;
	ev.data.u64 = watch_tag(loop, watch);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return -errno;
	watch->fd = fd;
	return 0;
}

int loop_fd_mod(struct loop *loop, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events};
	struct watch *watch = watch_find(loop, fd);

	CM_ASSERT(watch);
	ev.data.u64 = watch_tag(loop, watch);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev))
		return -errno;
	return 0;
}

void loop_fd_del(struct loop *loop, int fd)
{
	struct watch *watch;

	if (fd < 0)
		return;
	watch = watch_find(loop, fd);
	if (!watch)
		return;
	/* A library may have closed its fd behind our back: then the kernel has forgotten it too.
	 * */
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	watch->fd = -1;
	watch->generation++;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t at_ms)
{
	CM_ASSERT(timer->fn);
	if (!timer->is_known) {
		CM_ASSERT(loop->timer_count < LOOP_TIMERS_MAX);
		loop->timer[loop->timer_count++] = timer;
		timer->is_known = true;
	}
	timer->at_ms = at_ms;
}

void loop_timer_del(struct loop *loop, struct loop_timer *timer)
{
	uint32_t i;

	if (!timer->is_known)
		return;
	for (i = 0; loop->timer[i] != timer; i++)
		CM_ASSERT(i < loop->timer_count);
	loop->timer[i] = loop->timer[--loop->timer_count];
	timer->is_known = false;
	timer->at_ms = LOOP_NEVER;
}

int loop_signals(struct loop *loop, const int *signos, loop_signal_fn *fn, void *ctx)
{
	sigset_t set;
	int r;

	CM_ASSERT(loop->signal_fd < 0);
	sigemptyset(&set);
	for (; *signos; signos++)
		sigaddset(&set, *signos);
	r = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (r)
		return -r;
	loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signal_fd < 0)
		return -errno;
	loop->signal_fn = fn;
	loop->signal_ctx = ctx;
	return loop_fd_add(loop, loop->signal_fd, EPOLLIN, signal_read, loop);
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

int loop_run(struct loop *loop)
{
	loop->must_stop = false;
	while (!loop->must_stop)
		loop_once(loop, -1);
	return loop->result;
}

void loop_stop(struct loop *loop, int result)
{
	loop->must_stop = true;
	loop->result = result;
}

void loop_once(struct loop *loop, int wait_ms)
{
	struct epoll_event events[ROUND_EVENTS];
	int count, i;

	/* The clock is read once a round, behind the wait: for a request it would be a third of its
	 * system calls where there is no vDSO. A timer may so be late by what a round's handlers
	 * take. */
	count = epoll_wait(loop->epoll_fd, events, ROUND_EVENTS, wait_for(loop, wait_ms));
	loop->now_ms = clock_ms();
	for (i = 0; i < count; i++)
		event_dispatch(loop, &events[i]);
	timers_fire(loop);
}

static void event_dispatch(struct loop *loop, const struct epoll_event *ev)
{
	struct watch *watch = &loop->watch[ev->data.u64 & 0xffffffffu];

	if (watch->fd < 0 || watch->generation != (uint32_t)(ev->data.u64 >> 32))
		return;
	watch->fn(watch->ctx, watch->fd, ev->events);
}

static struct watch *watch_find(struct loop *loop, int fd)
{
	uint32_t i;

	for (i = 0; i < loop->watch_count; i++)
		if (loop->watch[i].fd == fd)
			return &loop->watch[i];
	return NULL;
}

static uint64_t watch_tag(const struct loop *loop, const struct watch *watch)
{
	return (uint64_t)watch->generation << 32 | (uint64_t)(watch - loop->watch);
}

static void signal_read(void *ctx, int fd, uint32_t events)
{
	struct signalfd_siginfo info;
	struct loop *loop = ctx;

	(void)events;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->signal_fn(loop->signal_ctx, (int)info.ssi_signo);
}

static void timers_fire(struct loop *loop)
{
	struct loop_timer *timer;
	uint32_t i, rounds;

	/* A handler may set and remove timers: after each, look again from the start. A timer that
	 * sets itself to a past time fires again in the next round, not for ever in this one. */
	for (rounds = 0; rounds < LOOP_TIMERS_MAX; rounds++) {
		for (i = 0; i < loop->timer_count; i++)
			if (loop->timer[i]->at_ms <= loop->now_ms)
				break;
		if (i == loop->timer_count)
			return;
		timer = loop->timer[i];
		timer->at_ms = LOOP_NEVER;
		timer->fn(timer->ctx, loop->now_ms);
	}
}

static int wait_for(const struct loop *loop, int wait_ms)
{
	uint64_t next_ms = LOOP_NEVER, left_ms;
	uint32_t i;

	for (i = 0; i < loop->timer_count; i++)
		if (loop->timer[i]->at_ms < next_ms)
			next_ms = loop->timer[i]->at_ms;
	if (next_ms == LOOP_NEVER)
		return wait_ms;
	left_ms = next_ms > loop->now_ms ? next_ms - loop->now_ms : 0;
	if (wait_ms >= 0 && left_ms > (uint64_t)wait_ms)
		return wait_ms;
	return left_ms > 3600000 ? 3600000 : (int)left_ms;
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
