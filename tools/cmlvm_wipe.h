/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_wipe.h - take old contents off the start of a new LV: what lvcreate -W and -Z do.
 *
 * The device is the active mirror, so both act on all legs and all nodes at once. Signatures are
 * found and removed by wipefs(8) of util-linux.
 */
#ifndef CMLVM_WIPE_H
#define CMLVM_WIPE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Remove all known signatures from @path, asking for each unless @is_yes. @shown is the LV's name
 * for the question. Returns 0; -ECANCELED when the user said no; another negative errno; both after
 * one line on stderr.
 */
int wipe_signatures(const char *path, const char *shown, bool is_yes) CM_MUST_CHECK;

/* Write zeroes over the first 4 KiB of @path, past all caches. Returns 0 or negative errno after
 * one line. */
int wipe_start(const char *path, const char *shown) CM_MUST_CHECK;

#endif
