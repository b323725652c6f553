/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log_init.h - a fresh log on the log LV of a mirror that was never active (hazard L17).
 *
 * The extents may hold an older log with valid bits, even an old superblock of ours with good
 * checksums: nothing that lies there is believed. For worker processes; blocks.
 */
#ifndef CM_MIRROR_LOG_INIT_H
#define CM_MIRROR_LOG_INIT_H

#include "lib/mirror/mir.h"

/*
 * Activate the hidden log LV alone, zero the whole device, write a classic log (the kernel's `disk`
 * format) whose regions are all in sync (@is_in_sync: a --nosync creation, said once here and
 * nowhere else, L14) or all out of sync, flush, deactivate. The caller holds the LV's operation
 * lock.
 *
 * Returns 0 (a core log has nothing to write: 0), or with @err:
 *   -EPERM     not tagged MIR_TAG_NEW: its bits may be somebody's truth
 *   -EBUSY     the mirror or its log is active
 *   CM_E_DISK_SPACE, CM_E_DISK_GEOMETRY  the log LV is too small, or there are too many regions
 *   -ENODEV, -ESTALE, -EIO  the devices
 * On an error the log LV is inactive again.
 */
int log_init(const struct mir *mir, bool is_in_sync, struct cm_errmsg *err) CM_MUST_CHECK;

/* The writing alone, to an open block device or file of @dev_bytes bytes. 0 or negative. For
 * log_init() and tests. */
int log_init_fd(int fd, uint64_t dev_bytes, uint64_t region_count, uint32_t region_size_sect,
		bool is_in_sync, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
