/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * work.h - one piece of work on one mirror on this node, in a process of its own.
 *
 * clvmd forks and executes itself as `clvmd --worker VERB key=value ...`: a worker has none of the
 *daemon's threads, fds and locks, may block in an ioctl as long as the kernel likes, and outlives
 *the daemon when that dies. It reads orders from stdin and writes lines to stdout:
 *
 *	worker                          clvmd
 *	"ready CODE TEXT"        ->     everything that can be refused was refused, or is prepared
 *	                         <-     "go" or "undo" (end of file: undo)
 *	"done CODE TEXT"         ->     after "go"
 *	                         <-     "end" or "undo" (end of file: end)
 *	"undone CODE TEXT"       ->     after "undo"
 *
 * A failed step has taken its own traces away before it says so; the worker ends there.
 * resolve, scan and watch have one stage: lines, then "done".
 */
#ifndef CM_CLVMD_WORK_H
#define CM_CLVMD_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "daemons/clvmd/cmq.h"
#include "daemons/clvmd/cvw.h"
#include "daemons/clvmd/record.h"

#define WORK_LOCK_WAIT_MS	20000u	/* for another worker on the same mirror */
#define WORK_TEXT_WAIT_S 40 /* vgcfgbackup: another command may hold the VG lock for a while */

/* READY codes that clvmd acts on; everything else is only shown. */
#define WORK_E_NOT_YET		(-11)	/* -EAGAIN: automatic activation: try again later */
#define WORK_E_ABSENT (-112) /* -EHOSTDOWN: text "node N": N has a cmirrord but no clvmd */

struct work {
	const char *verb;
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	bool is_auto, is_all, is_sync, is_local_provider;
	bool is_alone;		/* no quorum, or not known: do not wait for the lock manager */
	uint32_t view_count;			/* nodes with a clvmd; 0 = not told */
	uint32_t view[CMQ_NODES_MAX];
	/* filled by the stages */
	char note[CVW_TEXT_BYTES];		/* shown with a success */
	struct mir *mir;			/* read; freed by work_main() */
};

struct work_ops {
	const char *verb;
	int (*prepare)(struct work *w, struct cm_errmsg *err);
	int (*go)(struct work *w, struct cm_errmsg *err);	/* NULL: one stage */
	int (*undo)(struct work *w,
		    struct cm_errmsg *err); /* after prepare or go; NULL: nothing to take back */
};

extern const struct work_ops work_up_ops, work_down_ops, work_refresh_ops, work_initlog_ops;
extern const struct work_ops work_resolve_ops, work_scan_ops, work_watch_ops;

/* The process. @argv: VERB key=value ... Returns the exit status. */
int work_main(int argc, char **argv);

/* A line to clvmd. */
void work_say(const char *fmt, ...) CM_PRINTF(1, 2);

/* Read the metadata text and find the mirror: w->mir. Checks w->dm_uuid when that is set. Errors
 * of mir.h and lvm_cmd.h, -ESTALE. */
int work_read_mir(struct work *w, struct cm_errmsg *err) CM_MUST_CHECK;

/* Drop the LV lock that the record says we hold. 0 or errors of lvmlockd.h. */
int work_unlock(const struct record *record, struct cm_errmsg *err) CM_MUST_CHECK;

/* Note that the LV lock of a mirror that is gone is still held: a scan gives it back later.
 * @is_all: taken down on all nodes, nothing is kept then. A failure to write ends in the log. */
void work_unlock_later(const struct record *record, bool is_all);

/* Forget a mirror that is not active here: its record, or all but the word that it is to stay down.
 */
void work_forget(const struct record *record, bool stays_down);

#endif
