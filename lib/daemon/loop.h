/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h - the main loop: fds, timers, signals, in one thread.
 *
 * Timers are the timeout of epoll_wait(), not timerfds: setting one costs no system call, so a
 * request that moves a deadline costs none. Nothing is allocated after loop_create().
 *
 * One thread per struct loop. A handler may add and remove any fd or timer, its own too.
 */
#ifndef CM_DAEMON_LOOP_H
#define CM_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"

#define LOOP_FDS_MAX	1024u
#define LOOP_TIMERS_MAX	64u
#define LOOP_NEVER	UINT64_MAX

struct loop;

/* @events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR as they came; the last two come unasked. */
typedef void loop_fd_fn(void *ctx, int fd, uint32_t events);
typedef void loop_timer_fn(void *ctx, uint64_t now_ms);
typedef void loop_signal_fn(void *ctx, int signo);

/* The caller's memory, zeroed; known to the loop from the first loop_timer_set() to
 * loop_timer_del(). */
struct loop_timer {
	loop_timer_fn *fn;
	void *ctx;
	uint64_t at_ms;
	bool is_known;
};

/* Returns 0 or negative errno. */
int loop_create(struct loop **out) CM_MUST_CHECK;
void loop_destroy(struct loop *loop);

/* Watch @fd (level triggered). Returns 0, -ENOSPC (LOOP_FDS_MAX), -EEXIST, or epoll's negative
 * errno. */
int loop_fd_add(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn,
		void *ctx) CM_MUST_CHECK;
/* Change the events of a watched fd. */
int loop_fd_mod(struct loop *loop, int fd, uint32_t events) CM_MUST_CHECK;
/* No handler of @fd runs any more, also none of this round. Before close(fd). Unknown fds are
 * ignored. */
void loop_fd_del(struct loop *loop, int fd);

/* Fire once at @at_ms (of loop_now_ms()); LOOP_NEVER = not at all. May be called again at any time.
 * */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t at_ms);
void loop_timer_del(struct loop *loop, struct loop_timer *timer);

/*
 * Take signals by signalfd from now on: they are blocked in this thread and in those it starts
 * later.
 * @signos ends with 0. Once per loop. Returns 0 or negative errno.
 */
int loop_signals(struct loop *loop, const int *signos, loop_signal_fn *fn, void *ctx) CM_MUST_CHECK;

/* CLOCK_MONOTONIC in ms as read at the start of this round: no system call. */
uint64_t loop_now_ms(const struct loop *loop);

/* Run until loop_stop(); returns its @result. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int result);
/* One round: waits at most @wait_ms (-1 = until something happens). Tests. */
void loop_once(struct loop *loop, int wait_ms);

#endif
