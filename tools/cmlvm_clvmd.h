/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_clvmd.h - ask this node's clvmd for something done to one mirror, here or on every node.
 *
 * On error one line says what failed, on which nodes and what to do; nodes that failed for another
 * reason get a line each. Blocking; one thread.
 */
#ifndef CMLVM_CLVMD_H
#define CMLVM_CLVMD_H

#include <stdbool.h>

#include "base/err.h"

enum clvmd_scope {
	CLVMD_LOCAL,
	CLVMD_ALL,
	CLVMD_LOCAL_AUTO, /* activation here, within activation/auto_activation_volume_list */
};

/*
 * Does clvmd answer on this node, do all of them speak one protocol, and has the node quorum?
 * Without, stock lvm would wait for a lock for as long. Returns 0; -ECONNREFUSED,
 * CM_E_CLU_NO_QUORUM, CM_E_CLU_VERSION or another negative number after one line on stderr that
 * names the node and the cure.
 */
int clvmd_ping(void) CM_MUST_CHECK;

/*
 * Is the mirror active in shared mode on any node, as clvmd knows? False also when clvmd does not
 * answer: then nothing of what follows from it can be done either.
 */
bool clvmd_is_active(const char *vg, const char *lv);

/*
 * The verbs of the daemon's control protocol, clvmd(8). Each returns 0, or the daemon's negative
 * number after its text went to stderr.
 */
int clvmd_activate(const char *vg, const char *lv, enum clvmd_scope scope) CM_MUST_CHECK;
int clvmd_deactivate(const char *vg, const char *lv, enum clvmd_scope scope) CM_MUST_CHECK;
/* Suspend and resume, node by node. */
int clvmd_refresh(const char *vg, const char *lv) CM_MUST_CHECK;
/* A fresh log on the hidden, inactive log LV; @is_synced: every region counts as in sync
 * (--nosync). */
int clvmd_initlog(const char *vg, const char *lv, bool is_synced) CM_MUST_CHECK;

#endif
