/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pidfile.h - one daemon per host: a whole-file fcntl write lock on the pidfile, held for life.
 *
 * The same lock libdevmapper's dm_create_lockfile() takes and dm_daemon_is_running() tests: LVM
 * decides by it whether a cluster log daemon runs.
 */
#ifndef CM_DAEMON_PIDFILE_H
#define CM_DAEMON_PIDFILE_H

#include <sys/types.h>

#include "base/assert.h"
#include "base/err.h"

/*
 * Create, lock, write the pid. A record lock belongs to the process: call it after the last fork.
 *
 * @fd_out  keep open; the lock falls with it. The file is close-on-exec.
 *
 * Returns 0, -EEXIST (@err names the pid that holds it), or negative errno with @err.
 */
int pidfile_lock(const char *path, int *fd_out, struct cm_errmsg *err) CM_MUST_CHECK;

/* Remove the file and drop the lock. */
void pidfile_unlock(const char *path, int fd);

/* Pid of the process that holds the lock, 0 = nobody (or no file). Never in the process that holds
 * it: closing any fd of the file would drop its lock. */
pid_t pidfile_holder(const char *path);

#endif
