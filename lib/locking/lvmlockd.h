/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lvmlockd.h - a client of LVM's lock daemon: the lock of one LV, held by this host.
 *
 * Source of the protocol: LVM2 libdaemon/client, daemons/lvmlockd (protocol version 1; tried
 * with 2.03.16): config text, closed by "\n##\n", one request at a time. Persistent locks belong to
 * the host, not to the process. Blocks up to LVMLOCKD_TIMEOUT_S: for worker processes.
 */
#ifndef CM_LOCKING_LVMLOCKD_H
#define CM_LOCKING_LVMLOCKD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/assert.h"
#include "base/err.h"

#define LVMLOCKD_SOCKET                                                                            \
	"/run/lvm/lvmlockd.socket" /* or what LVM_LVMLOCKD_SOCKET says, as for lvm */
#define LVMLOCKD_TIMEOUT_S	30
#define LVMLOCKD_MSG_MAX	4096u
#define LVMLOCKD_END		"\n##\n"

enum lvmlockd_mode { LVMLOCKD_UN, LVMLOCKD_SH, LVMLOCKD_EX };

struct lvmlockd_lv {			/* all strings borrowed */
	const char *vg_name, *vg_lock_args, *lv_name;
	const char *lv_uuid;		/* dashed */
	const char *lv_lock_args;
};

/*
 * Take, convert or drop (LVMLOCKD_UN) the persistent lock of an LV in a VG of type dlm.
 *
 * Returns 0 (also when it was held in that mode, or not held, before), or with one line and its
 * cure in @err: -ECONNREFUSED  lvmlockd does not run here -ENOLCK        the VG's lockspace is not
 * started here -EAGAIN        another host holds it in a mode that excludes ours -EPROTO        no
 * answer of this protocol; -ETIMEDOUT -EIO           any other refusal, with lvmlockd's number
 */
int lvmlockd_lock_lv(const struct lvmlockd_lv *lv, enum lvmlockd_mode mode,
		     struct cm_errmsg *err) CM_MUST_CHECK;

/* The mode in which this host holds it. Errors as above. */
int lvmlockd_query_lv(const struct lvmlockd_lv *lv, enum lvmlockd_mode *mode,
		      struct cm_errmsg *err) CM_MUST_CHECK;

/* Is the VG's lockspace started on this host? Errors as above without -ENOLCK. */
int lvmlockd_vg_started(const char *vg_name, bool *is_started, struct cm_errmsg *err) CM_MUST_CHECK;

/* ---- the codec, for tests ---- */

struct lvmlockd_reply {
	bool is_ok;		/* response = "OK" */
	long op_result;
	char mode[8];		/* query: "un", "sh", "ex", "iv"; else "" */
	char flags[128];	/* result_flags */
};

/* Build a request; @lv may have NULL strings ("none" is sent). @mode NULL and @opts NULL are left
 * out. Returns its length with the terminator, or -ENAMETOOLONG, or -EINVAL for a quote or newline
 * in a string. */
int lvmlockd_request_build(const char *request, const char *mode, const char *opts,
			   const struct lvmlockd_lv *lv, int pid,
			   char out[LVMLOCKD_MSG_MAX]) CM_MUST_CHECK;
/* Parse a reply (NUL-terminated, terminator cut off). 0 or -EPROTO. */
int lvmlockd_reply_parse(const char *text, struct lvmlockd_reply *reply) CM_MUST_CHECK;

#endif
