/* SPDX-License-Identifier: GPL-2.0-only */
/* fds.h - the descriptors of a process that was forked and goes on by itself. */
#ifndef CM_DAEMON_FDS_H
#define CM_DAEMON_FDS_H

#include "base/assert.h"

#define FDS_KEEP_MAX	8u

/*
 * Keep @fd[i] as descriptor i (-1: i is closed), for all i below @count (1 ... FDS_KEEP_MAX), and
 * close everything else. They may be any numbers, also each other's places, and the same one more
 * than once. None is close-on-exec then. No allocation.
 *
 * Returns 0 or negative errno; then anything may be open or closed, and the process can only end.
 */
int fds_keep(const int *fd, unsigned int count) CM_MUST_CHECK;

#endif
