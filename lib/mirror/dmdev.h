/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dmdev.h - single device-mapper devices through libdevmapper, with udev's flags as LVM sets them.
 *
 * Every device is one dm_task, also the legs: each step has its own undo, and the mirror's own line
 * needs a word (integrated_flush) that libdevmapper's tree does not emit.
 *
 * Blocks in ioctls, some of which no signal ends: for worker processes. One thread.
 */
#ifndef CM_MIRROR_DMDEV_H
#define CM_MIRROR_DMDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/mirror/mir_line.h"

#define DMDEV_UUID_BYTES	129u
#define DMDEV_NAME_BYTES	128u
#define DMDEV_PARAMS_BYTES	4096u

/* Send libdevmapper's own complaints to @fn (a line each) instead of stderr; NULL = drop them.
 * Process-wide. */
void dmdev_log_to(void (*fn)(const char *line));

struct dmdev_info {
	bool exists;
	struct mir_dev dev;
	uint32_t open_count;
	bool is_suspended, is_read_only;
	bool has_live_table;
	char name[DMDEV_NAME_BYTES];
};

/* Look a device up by dm uuid. Returns 0 (info->exists false when there is none) or -EIO with @err.
 */
int dmdev_info(const char *dm_uuid, struct dmdev_info *info, struct cm_errmsg *err) CM_MUST_CHECK;
/* The same by number; also its uuid. */
int dmdev_info_by_dev(struct mir_dev dev, struct dmdev_info *info, char uuid[DMDEV_UUID_BYTES],
		      struct cm_errmsg *err) CM_MUST_CHECK;

/* The first target of the live table: its type and parameters, and the device's length.
 * Returns 0, -ENOENT (no device or no table), -EIO. */
int dmdev_table(const char *dm_uuid, char type[32], char params[DMDEV_PARAMS_BYTES],
		uint64_t *len_sect, struct cm_errmsg *err) CM_MUST_CHECK;

struct dmdev_target {
	uint64_t start_sect, len_sect;
	const char *type, *params;
};

struct dmdev_create {
	const char *dm_name, *dm_uuid;
	bool is_hidden;		/* a part: /dev/mapper only, no scanning rules */
	bool is_read_only;
	uint32_t target_count;
	const struct dmdev_target *target;
	uint32_t *cookie; /* udev cookie shared by a group of calls, 0 at first; wait with
			     dmdev_udev_wait() */
};

/*
 * Create, load and resume. On an error nothing is left of it.
 * Returns 0 and *dev; -EEXIST (the name is taken by another device); -EIO with what the kernel
 * refused in @err.
 */
int dmdev_create(const struct dmdev_create *create, struct mir_dev *dev,
		 struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Remove a device, by uuid. One that is open for a moment only (udev's probes) is tried again for
 * @retry_ms. Returns 0 (also when there is none), -EBUSY with the open count in @err, -EIO.
 */
int dmdev_remove(const char *dm_uuid, uint32_t retry_ms, uint32_t *cookie,
		 struct cm_errmsg *err) CM_MUST_CHECK;

/* Wait until udev has worked off everything of *cookie; sets it to 0. */
void dmdev_udev_wait(uint32_t *cookie);

/* Load @params as the new inactive table of an existing device (one target). 0 or -EIO. */
int dmdev_load(const char *dm_uuid, uint64_t len_sect, const char *type, const char *params,
	       bool is_read_only, struct cm_errmsg *err) CM_MUST_CHECK;
/* Throw the inactive table away. */
int dmdev_clear(const char *dm_uuid, struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * noflush, never lockfs (hazards L19, D4). Only in the caller's protected process (L20). 0 or -EIO.
 */
int dmdev_suspend(const char *dm_uuid, struct cm_errmsg *err) CM_MUST_CHECK;

/* A cookie made beforehand, for dmdev_resume(): 0 when udev does not run. */
void dmdev_cookie_create(uint32_t *cookie);

/*
 * Resume a visible device. The cookie carries udev's flags: without one the library would have udev
 * take the links in /dev away. It is waited for when nothing is suspended any more (D14). 0 or
 * -EIO.
 */
int dmdev_resume(const char *dm_uuid, uint32_t *cookie, struct cm_errmsg *err) CM_MUST_CHECK;

/* Call @fn for every device whose dm uuid begins with @uuid_prefix. @fn may not create or remove
 * devices. Returns 0 or -EIO. */
int dmdev_each(const char *uuid_prefix, void (*fn)(void *ctx, const char *name, const char *uuid),
	       void *ctx, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
