/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * activate.h - the devices of one mirror on this node: up in steps that can each be undone, and
 * down.
 *
 * The order, and who speaks to cmirrord in between, is the caller's (daemons/clvmd/work_up.c):
 * log LV - preflight - legs - mirror. For worker processes; blocks.
 */
#ifndef CM_MIRROR_ACTIVATE_H
#define CM_MIRROR_ACTIVATE_H

#include "lib/mirror/dmdev.h"
#include "lib/mirror/mir.h"
#include "lib/mirror/mir_line.h"

struct act { /* zeroed by act_init(); what is up belongs to it until act_undo() */
	const struct mir *mir;
	struct mir_devs devs;
	bool is_log_up, is_mirror_up;
	uint32_t legs_up;
	uint32_t cookie;
};

void act_init(struct act *act, const struct mir *mir);

/* Each: 0; -ENODEV, -ESTALE (physical volumes); -EBUSY (a part of that uuid exists and is open);
 * -EEXIST; -EIO. What a failed step had made is gone again. */
int act_log_up(struct act *act,
	       struct cm_errmsg *err) CM_MUST_CHECK; /* nothing to do with a core log */
int act_legs_up(struct act *act, struct cm_errmsg *err) CM_MUST_CHECK;
int act_mirror_up(struct act *act, uint32_t gen, enum mir_client client,
		  struct cm_errmsg *err) CM_MUST_CHECK;

/* Wait for udev: links are there when it returns. */
void act_settle(struct act *act);

/* Remove again what is up, mirror first. Returns 0, or the first failure with @err (and goes on).
 */
int act_undo(struct act *act, struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * What is active of the mirror with this dm uuid?
 * Returns 0: *info says whether the device exists; with a live table *live says what it is.
 * -EIO, or -EBADMSG for a table that is no mirror's.
 */
int act_probe(const char *dm_uuid, struct dmdev_info *info, struct mir_live *live,
	      struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Take a mirror down by what its live table says: the mirror, then the parts. Parts of another VG
 * are left alone. Returns 0 (also when there is no device), -EBUSY (open; nothing was removed),
 * -EIO, -EBADMSG.
 */
int act_down(const char *dm_uuid, uint32_t retry_ms, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
