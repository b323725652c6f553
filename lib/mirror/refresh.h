/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refresh.h - suspend and resume one mirror, so that the stock client forgets what it believes
 * (hazard L1).
 */
#ifndef CM_MIRROR_REFRESH_H
#define CM_MIRROR_REFRESH_H

#include <stdbool.h>

#include "base/assert.h"
#include "base/err.h"

/*
 * Make this process fit to hold a suspended mirror in its hands (L20): all signals blocked, memory
 * locked, out of the OOM killer's reach. There is no way back. 0 or negative with @err. The caller
 * supplies @lock_memory (lib/daemon's memlock_all behind a wrapper), because lib/mirror does not
 * know the daemons' parts.
 */
int refresh_protect(int (*lock_memory)(struct cm_errmsg *err), struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Suspend (noflush, no lockfs) and resume the mirror with this dm uuid. Only in a protected
 * process.
 *
 * @with_reload  load the live table again first: a fresh instance, whose legs all count as good
 *               again
 * @look_again   called while suspended when @with_reload is false: must it be a fresh instance
 *               after all, because a leg has failed meanwhile? All writers wait for its answer.
 *
 * Never gives up between the two: a failed resume is tried again until it works. Returns 0, or -EIO
 * with @err when the reload or the suspend failed (the mirror runs on with its old table then).
 */
int refresh_mirror(const char *dm_uuid, bool with_reload, bool (*look_again)(void),
		   struct cm_errmsg *err) CM_MUST_CHECK;

#endif
