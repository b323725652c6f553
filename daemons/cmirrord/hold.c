/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.c - the daemon's side of holder.h: when the holder dies, the offside process forks another.
 * Nothing is lost meanwhile: the daemon has the channel, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemons/cmirrord/holder.h"
#include "lib/daemon/lg.h"

#define RETRY_MS	1000u

struct hold {
	struct loop *loop;
	struct offside *off;
	const char *path;
	int fd;			/* -1: no holder now */
	uint64_t job;		/* 0 = none */
	struct loop_timer timer;
};

static int watch(struct hold *hold, int fd);
static void holder_spoke(void *ctx, int fd, uint32_t events);
static void holder_make(void *ctx, uint64_t now_ms);
static void holder_made(void *ctx, int result, uint32_t failed);

int hold_create(struct loop *loop, struct offside *off, const char *path, int fd,
		struct hold **out)
{
	struct hold *hold;
	int r;

	hold = calloc(1, sizeof(*hold));
	if (!hold)
		return -ENOMEM;
	hold->loop = loop;
	hold->off = off;
	hold->path = path;
	hold->fd = -1;
	hold->timer = (struct loop_timer){.fn = holder_make, .ctx = hold};
	r = fd < 0 ? 0 : watch(hold, fd);
	if (r) {
		free(hold);
		return r;
	}
	*out = hold;
	return 0;
}

void hold_destroy(struct hold *hold, bool end)
{
	offside_forget(hold->off, hold->job);
	loop_timer_del(hold->loop, &hold->timer);
	loop_fd_del(hold->loop, hold->fd);
	if (hold->fd >= 0 && end)
		holder_end(hold->fd);
	else if (hold->fd >= 0)
		close(hold->fd);
	free(hold);
}

static int watch(struct hold *hold, int fd)
{
	int r = loop_fd_add(hold->loop, fd, EPOLLIN, holder_spoke, hold);

	if (!r)
		hold->fd = fd;
	return r;
}

/* It has nothing to say but its greeting and its end. Read without room for it, the channel that
 * comes with the greeting is dropped: we have it. */
static void holder_spoke(void *ctx, int fd, uint32_t events)
{
	struct hold *hold = ctx;
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);

	(void)events;
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	lg_err("the process that holds the kernel's channel was killed: starting another");
	loop_fd_del(hold->loop, fd);
	close(fd);
	hold->fd = -1;
	holder_make(hold, loop_now_ms(hold->loop));
}

static void holder_make(void *ctx, uint64_t now_ms)
{
	struct offside_job job = {.op = OFFSIDE_HOLD};
	struct hold *hold = ctx;

	hold->job = offside_start(hold->off, &job, holder_made, hold);
	if (!hold->job)
		loop_timer_set(hold->loop, &hold->timer, now_ms + RETRY_MS);
}

static void holder_made(void *ctx, int result, uint32_t failed)
{
	struct hold *hold = ctx;
	int fd = -1, r = result;

	(void)failed;
	hold->job = 0;
	if (!r)
		r = holder_connect(hold->path, &fd);
	if (!r) {
		r = watch(hold, fd);
		if (r)
			close(fd);
	}
	if (!r) {
		lg_info("the kernel's channel is held by a new process");
		return;
	}
	lg_err("no process holds the kernel's channel: %s; a death of cmirrord now could let a "
	       "write pass unmarked", cm_strerror(r));
	loop_timer_set(hold->loop, &hold->timer, loop_now_ms(hold->loop) + RETRY_MS);
}
