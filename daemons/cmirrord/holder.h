/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holder.h - a process that keeps the channel to the kernel open while cmirrord is dead.
 *
 * Why: the kernel's dirty log client asks by netlink multicast.
 *
 *	cmirrord dies; a write asks IN_SYNC; nobody is in the group: -ESRCH
 *	the kernel replays CTR until a new cmirrord answers it, then RESUME
 *	the new one dies before the RESUME: nobody is in the group: -ESRCH
 *	the kernel takes the IN_SYNC for failed, that is for "not in sync": the write goes to one
 *	leg without a mark, and nobody ever knows
 *
 * With a member that stays, a request waits in the socket's buffer, for the next cmirrord.
 *
 * The process has the channel, a listening socket in the run folder (SOCK_SEQPACKET), and at most
 * one connection, the daemon's. Whoever connects as root is sent one message, HOLDER_GREETING,
 * with the channel attached (SCM_RIGHTS). HOLDER_END over the connection ends the process; an end
 * of the connection does not. These three are fixed: the holder may be of an older version than
 * the daemon that finds it.
 *
 * While there is no daemon it empties the channel every HOLDER_EMPTY_MS: what is older has been
 * repeated by the kernel, which does so every 15 s for ever; an overrun would be as bad as no
 * member. Under a daemon that fails to start again and again it does so when the channel is half
 * full. It ends, too, without a daemon, when another holder has taken its place in the run folder,
 * or when no file of a log is there (persist.h): nothing is active, and a new table shall be
 * refused, not wait.
 *
 * It is locked in memory, out of the OOM killer's reach, allocates nothing and blocks nowhere but
 * in poll().
 */
#ifndef CM_CMIRRORD_HOLDER_H
#define CM_CMIRRORD_HOLDER_H

#include <stdbool.h>

#include "base/assert.h"
#include "base/err.h"
#include "daemons/cmirrord/offside.h"
#include "lib/daemon/loop.h"

#define HOLDER_GREETING	"cm-holder 1"
#define HOLDER_END	"end"
#define HOLDER_EMPTY_MS	30000
#define HOLDER_PATH_MAX	104u

/*
 * Connect to the holder at @path.
 * @fd_out       the connection; keep it: the holder takes us for dead without
 * @channel_out  the channel it keeps; the caller's now, and to be looked at before use
 * Returns 0; -ENOENT (no holder); other negative errno: not a holder, or it does not answer.
 * Blocks for at most some seconds. Only by who holds the pidfile.
 */
int holder_take(const char *path, int *fd_out, int *channel_out) CM_MUST_CHECK;

/* The same without the channel. The greeting is left to be read. Does not block. */
int holder_connect(const char *path, int *fd_out) CM_MUST_CHECK;

/*
 * Fork a holder of @channel at @path, in place of whatever is there, and connect to it. Before
 * threads and locked memory. Only by who holds the pidfile. Returns 0, or negative errno with @err.
 */
int holder_fork(const char *path, int channel, int *fd_out, struct cm_errmsg *err) CM_MUST_CHECK;

/* End the holder, and wait a moment until it has: nothing of this node is active any more, and a
 * new table shall be refused, not wait. Closes @fd. */
void holder_end(int fd);

/* In a process of its own: become the holder of @channel at @path. @ready is called with 0 when it
 * listens, or with negative errno, and then it ends. */
void holder_become(const char *path, int channel, void (*ready)(void *ctx, int result),
		   void *ctx) __attribute__((noreturn));

/* ---- in the daemon: keeps a holder alive ---- */

struct hold;

/* Over the connection @fd, which it takes over; -1: none (tests). @path must outlive it. Returns
 * 0 or negative errno. */
int hold_create(struct loop *loop, struct offside *off, const char *path, int fd,
		struct hold **out) CM_MUST_CHECK;
/* @end: holder_end(), too. */
void hold_destroy(struct hold *hold, bool end);

#endif
