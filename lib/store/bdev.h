/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bdev.h - open a block device by number or name. Any thread; blocks no longer than open(2) of a
 * block device.
 */
#ifndef CM_STORE_BDEV_H
#define CM_STORE_BDEV_H

#include <stdint.h>
#include <sys/types.h>

#include "base/assert.h"
#include "base/err.h"

/* "major:minor" (decimal) to a device number. Returns 0 or -EINVAL. */
int bdev_number_parse(const char *text, dev_t *number) CM_MUST_CHECK;

/*
 * Open @dev, "major:minor" or a path of a block device or (tests) a regular file.
 *
 * A number is opened by the name sysfs gives it, which udev cannot have given to another device in
 * between: the opened file is compared with the number. Without such a name a node of our own is
 * made in /dev for a moment.
 *
 * @flags   of open(2); O_CLOEXEC is added. A regular file on a filesystem without O_DIRECT is
 * opened without.
 * @fd_out  the caller's to close
 *
 * Returns 0; with @err naming @dev: -ENODEV (no such device), -ENOTBLK (something else has that
 * name), or negative errno of open(2).
 */
int bdev_open(const char *dev, int flags, int *fd_out, struct cm_errmsg *err) CM_MUST_CHECK;

/* Size of an open block device or regular file. Returns 0 or negative errno. */
int bdev_size(int fd, uint64_t *size_bytes) CM_MUST_CHECK;

#endif
