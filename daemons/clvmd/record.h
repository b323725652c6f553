/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - what clvmd remembers of a mirror on this node for the rest of this boot.
 *
 * One file per mirror, CM_RUN_DIR/clvmd/DM_UUID, `key=value` lines, replaced by rename. Beside it
 * DM_UUID.lock: whoever works on the mirror on this node holds it (flock), so that workers of a
 * clvmd that died and of its successor never meet. Written by workers before and after what they
 * do; read by everyone.
 */
#ifndef CM_CLVMD_RECORD_H
#define CM_CLVMD_RECORD_H

#include <stdbool.h>

#include "base/assert.h"
#include "base/err.h"
#include "daemons/clvmd/cvw.h"
#include "lib/daemon/paths.h"

#define RECORD_DIR		CM_RUN_DIR "/clvmd"
#define RECORD_LOG_UUID_BYTES	129

enum record_phase {
	RECORD_STARTING =
		1, /* being activated: rolled back when nobody holds the lock file any more */
	RECORD_ACTIVE,
	RECORD_STOPPING, /* being deactivated: finished when nobody holds the lock file */
	RECORD_DOWN, /* deactivated on this node alone: not activated again by itself in this boot
		      */
	RECORD_UNLOCKING, /* taken down (is_all: on all nodes), its LV lock not yet given back */
};

struct record {
	enum record_phase phase;
	bool is_all;		/* activated on all nodes, joiners too */
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES];
	char dm_uuid[CVW_DM_UUID_BYTES];
	char log_uuid[RECORD_LOG_UUID_BYTES];
	char vg_lock_args[128];	/* "" when the VG has no locks */
	char lv_lock_args[128];
};

/* The dashed LV uuid in a valid dm uuid. */
void record_lv_uuid(const char *dm_uuid, char lv_uuid[39]);

/* Make the folder. 0 or negative errno with @err. */
int record_dir_create(struct cm_errmsg *err) CM_MUST_CHECK;

int record_write(const struct record *record, struct cm_errmsg *err) CM_MUST_CHECK;
/* 0; -ENOENT (no such file), -EBADMSG (not one of ours). */
int record_read(const char *dm_uuid, struct record *record) CM_MUST_CHECK;
void record_remove(const char *dm_uuid);

/* Call @fn for each readable record. */
void record_each(void (*fn)(void *ctx, const struct record *record), void *ctx);

/* Take the lock file, waiting up to @wait_ms (0 = not at all). Returns an fd to keep, or -EAGAIN,
 * or negative errno. */
int record_lock(const char *dm_uuid, unsigned int wait_ms) CM_MUST_CHECK;

#endif
