/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * helper.h - threads for what may take long (fsync of a leg, reading a log device, device-mapper
 * ioctls), so that the main loop never waits. A helper runs one job at a time; its end is an event
 * of the loop.
 *
 * All functions are called in the loop's thread. Stacks are HELPER_STACK_BYTES: locked memory is
 * not cheap.
 */
#ifndef CM_DAEMON_HELPER_H
#define CM_DAEMON_HELPER_H

#include <stdbool.h>

#include "base/assert.h"
#include "lib/daemon/loop.h"

#define HELPER_STACK_BYTES	(128u << 10)

struct helpers;		/* all helpers of one loop */
struct helper;		/* one thread */

typedef void helper_run_fn(void *job);		/* in the helper's thread */
typedef void helper_done_fn(void *job); /* in the loop's thread, later; may start the next job */

/* Returns 0 or negative errno. */
int helpers_create(struct loop *loop, struct helpers **out) CM_MUST_CHECK;
/* All helpers were destroyed before. What a job that still hangs needs is left in memory. */
void helpers_destroy(struct helpers *helpers);

/* Start a thread. @name: at most 15 characters, shown by ps. Returns 0 or negative errno. */
int helper_create(struct helpers *helpers, const char *name, struct helper **out) CM_MUST_CHECK;

/* Returns 0, or -EBUSY while a job runs or its done() has not been called. @job is the caller's
 * until done(). */
int helper_start(struct helper *helper, helper_run_fn *run, helper_done_fn *done,
		 void *job) CM_MUST_CHECK;
bool helper_is_busy(const struct helper *helper);

/*
 * End the thread. An idle one ends at once. One that runs a job is let go: it ends with its job,
 * whose done() is still called in the loop, with nobody else touching @job until then.
 */
void helper_destroy(struct helper *helper);

#endif
