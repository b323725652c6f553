/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pvdev.h - is this block device the physical volume that the metadata means?
 *
 * Source of the format: LVM2's lib/label/label.h and lib/format_text/layout.h: one of the first
 * four sectors begins with "LABELONE"; at the offset in its bytes 20..23 (little endian) lie the 32
 * characters of the PV uuid.
 */
#ifndef CM_MIRROR_PVDEV_H
#define CM_MIRROR_PVDEV_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/mirror/mir_line.h"

#define PVDEV_LABEL_BYTES	2048u

/* Find the uuid in the first PVDEV_LABEL_BYTES of a device and write it dashed. 0 or -EBADMSG. */
int pvdev_label_uuid(const uint8_t *head, char uuid[MIR_UUID_BYTES]) CM_MUST_CHECK;

/*
 * Open @path, compare its label with @pv_uuid (dashed), return its number.
 * Returns 0; -ENODEV (not there, no block device), -ESTALE (another PV, or none); errno of reading.
 * All with @err.
 */
int pvdev_find(const char *path, const char *pv_uuid, struct mir_dev *dev,
	       struct cm_errmsg *err) CM_MUST_CHECK;

#endif
