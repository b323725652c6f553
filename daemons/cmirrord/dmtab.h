/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dmtab.h - mirror tables in the kernel, found by the uuid of their log.
 *
 * libdevmapper has global state and is not safe in two threads: dmtab_find() is called in one
 * thread at a time (at start the main one, then one helper). dmtab_parse() is pure.
 */
#ifndef CM_CMIRRORD_DMTAB_H
#define CM_CMIRRORD_DMTAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/format/kabi.h"

#define DMTAB_LEGS_MAX	16u
#define DMTAB_NAME_MAX	128u

struct dmtab {
	char name[DMTAB_NAME_MAX];		/* of the mirror's device, e.g. "vg-data" */
	char dev[24];				/* "major:minor" of it */
	char uuid[KABI_UUID_BYTES];		/* of the log */
	uint32_t leg_count;
	char leg[DMTAB_LEGS_MAX][24];		/* "major:minor" */
	uint32_t device_count; /* devices with such a live table; the rest is of the first */
};

/*
 * Take apart the arguments of a `mirror` target: "userspace|cmirror-disk|cmirror-core <n> <uuid>
 * ... <legs> <dev> <offset> ...". Sets uuid, leg_count and leg. Returns 0, -EINVAL (not of this
 * form), or -E2BIG (more than DMTAB_LEGS_MAX legs).
 */
int dmtab_parse(const char *params, struct dmtab *tab) CM_MUST_CHECK;

/*
 * The live table whose log is @uuid; one device should have one.
 * Returns 0, -ENOENT (no such table, for sure), -EIO (the kernel's list or a table of it could not
 * be read). Blocks for as many ioctls as there are devices.
 */
int dmtab_find(const char *uuid, struct dmtab *tab) CM_MUST_CHECK;

/* libdevmapper's own messages go to the journal. Once, at start. */
void dmtab_init(void);

#endif
