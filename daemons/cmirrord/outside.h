/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outside.h - what a log needs of the machine around it: its mirror's device and legs (a helper
 * thread finds them), flushing the legs and waking the kernel's mirror thread (the offside
 * process).
 *
 * Nothing is kept open (hazard D6): a leg is opened for one fdatasync(), the mirror for one read. A
 * flush that hangs in a dead leg holds up this log's clearing of marks and nothing else.
 *
 * struct outside is one log's. All functions and callbacks: the loop's thread.
 */
#ifndef CM_CMIRRORD_OUTSIDE_H
#define CM_CMIRRORD_OUTSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "daemons/cmirrord/dmtab.h"
#include "daemons/cmirrord/offside.h"
#include "lib/daemon/helper.h"
#include "lib/daemon/loop.h"

struct outside_hub;	/* one per daemon: the thread that talks to device-mapper */
struct outside;

struct outside_callbacks {
	/* The legs are known (true), or no longer (false): outside_flush() can, or cannot be
	 * served. */
	void (*legs_known)(void *ctx, bool known);
	/* A flush ended: 0, or negative errno of the first leg that failed. */
	void (*flushed)(void *ctx, uint64_t id, int result);
};

/* @off is borrowed until outside_hub_destroy(). Returns 0 or negative errno. */
int outside_hub_create(struct loop *loop, struct helpers *helpers, struct offside *off,
		       struct outside_hub **out) CM_MUST_CHECK;
void outside_hub_destroy(struct outside_hub *hub);	/* all struct outside are gone */

/* @uuid is copied. Returns 0 or negative errno. */
int outside_create(struct outside_hub *hub, const char *uuid,
		   const struct outside_callbacks *callbacks, void *ctx,
		   struct outside **out) CM_MUST_CHECK;
/* No callback comes after it. What a helper is doing is left to end by itself. */
void outside_destroy(struct outside *out);

/* A table with this log was resumed: forget the legs, find the table, and learn them from it. */
void outside_resumed(struct outside *out);
/* No instance runs any more: forget the legs, wake nobody. */
void outside_stopped(struct outside *out);

/* The legs as clvmd names them: "major:minor,major:minor". Returns 0 or -EINVAL with @err. */
int outside_legs_set(struct outside *out, const char *devs, struct cm_errmsg *err) CM_MUST_CHECK;

/* Flush every leg; ends in flushed(@id), at once with -ENXIO when the legs are not known. Flushes
 * asked for while one runs share the next one. At most OUTSIDE_FLUSHES_MAX (asserted). */
#define OUTSIDE_FLUSHES_MAX	16u
void outside_flush(struct outside *out, uint64_t id);

/* One small read of the mirror, so that its kernel thread runs and asks for work. At most one a
 * second; a request in between comes when the second is over. Nothing while quiet. */
void outside_wake(struct outside *out);
void outside_quiet(struct outside *out, bool quiet);

/*
 * What came of the search that outside_resumed() started: 0 = found; -EAGAIN = it goes on; -ENOENT
 * = there is no such table; -EIO = nobody knows.
 */
int outside_found(const struct outside *out);
/* Devices that had a live table of this log when it was found; 0 = not found. */
uint32_t outside_device_count(const struct outside *out);
/* Name of the mirror's device, "" while not known. */
const char *outside_name(const struct outside *out);

#endif
