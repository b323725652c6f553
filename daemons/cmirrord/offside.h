/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offside.h - a process of its own for I/O that may hang: the read that wakes a mirror, the flush
 * of a leg.
 *
 * Why not a thread: such I/O waits uninterruptibly, and a process ends only with its last thread.
 *
 *	cmirrord reads a mirror; the kernel asks cmirrord; cmirrord is killed
 *	the read waits for an answer: the process cannot end, its sockets stay open, its pidfile
 *	stays locked; the next cmirrord cannot start, and nobody ever answers
 *
 * The offside process holds nothing of the daemon's but one end of a socket pair, and the channel,
 * for the case that a new holder (holder.h) is needed: nobody else can fork one, the daemon's
 * memory is locked. It forks for each job, so that one that hangs stops no other; these do not have
 * the channel. It ends with the daemon.
 *
 * All functions but offside_fork(): the loop's thread.
 */
#ifndef CM_CMIRRORD_OFFSIDE_H
#define CM_CMIRRORD_OFFSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "lib/daemon/loop.h"

#define OFFSIDE_DEVS_MAX	16u
#define OFFSIDE_DEV_BYTES	24u

enum offside_op {
	OFFSIDE_READ,		/* 512 bytes of the first device, O_DIRECT */
	OFFSIDE_FLUSH,		/* every device: its write cache */
	OFFSIDE_HOLD,		/* no device: a new holder; done when it listens */
};

struct offside_job {
	uint64_t id;			/* set by offside_start() */
	uint32_t op;
	uint32_t dev_count;
	char dev[OFFSIDE_DEVS_MAX][OFFSIDE_DEV_BYTES];	/* "major:minor" */
};

/* @failed: index of the first device that failed. */
typedef void offside_done_fn(void *ctx, int result, uint32_t failed);

struct offside;

/* Fork the process. Before threads and locked memory: it inherits none of them. @channel and
 * @holder_path: for OFFSIDE_HOLD; -1 and NULL: it is not asked for. Returns our end of the socket
 * pair, or negative errno. */
int offside_fork(int channel, const char *holder_path) CM_MUST_CHECK;

/* Over the fd of offside_fork(), which it takes over. Returns 0 or negative errno. */
int offside_create(struct loop *loop, int fd, struct offside **out) CM_MUST_CHECK;
/* No done() comes any more; the process ends. */
void offside_destroy(struct offside *off);

/*
 * Start a job; @done comes later, out of the loop.
 * Returns its id (> 0); or 0 when there are too many jobs, or the process has died: then nothing
 * comes.
 */
uint64_t offside_start(struct offside *off, struct offside_job *job, offside_done_fn *done,
		       void *ctx);
/* Nobody waits for it any more; it goes on. */
void offside_forget(struct offside *off, uint64_t id);

/* What a job does, in the calling process (tests). */
int offside_run(const struct offside_job *job, uint32_t *failed);

#endif
