/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memlock.h - a process in the I/O path must not wait for memory that only its own work can free
 * (hazard D10).
 */
#ifndef CM_DAEMON_MEMLOCK_H
#define CM_DAEMON_MEMLOCK_H

#include <stddef.h>

#include "base/assert.h"
#include "base/err.h"

/*
 * Lock all memory, present and future; touch @stack_bytes of stack and @heap_bytes of heap, and
 * have malloc keep what it has; tell the kernel that we serve I/O (PR_SET_IO_FLUSHER: its
 * allocations for us do not recurse into I/O); leave the OOM killer's list.
 *
 * Call it in the process that stays (after fork), in the main thread, before threads start.
 * Returns 0, or negative errno with @err for what the daemon cannot do without (mlockall). The rest
 * is best effort: @err then holds "" or the names of what was refused.
 */
int memlock_all(size_t stack_bytes, size_t heap_bytes, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
