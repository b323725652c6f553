/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lvm_cmd.h - stock lvm as a child process: metadata text and configuration.
 *
 * LVM_PATH is found at configure time, never by a PATH search. Blocks: for worker processes, not
 * for a main loop. vgcfgbackup takes the VG lock of lvmlockd in `sh` for a moment, and would wait
 * for ever for a process that holds it `ex` itself (tried); therefore nobody here holds a VG lock
 * while a text is read.
 */
#ifndef CM_MIRROR_LVM_CMD_H
#define CM_MIRROR_LVM_CMD_H

#include <stddef.h>

#include "base/assert.h"
#include "base/err.h"

#ifndef LVM_PATH
#define LVM_PATH "/usr/sbin/lvm"
#endif

#define LVM_CMD_OUT_MAX	(64u << 20)	/* bytes of output or text taken */

/*
 * Run `lvm ARGS...` (@argv ends with NULL; argv[0] is "lvm") with stdin from /dev/null.
 *
 * @timeout_s  then the child is killed
 * @out        its stdout, NUL-terminated, free() it; NULL when not wanted
 *
 * Returns 0 when lvm exited with 0; -EIO with the cause from its stderr in @err when it did not;
 * -ETIMEDOUT; -ENOENT (no lvm at LVM_PATH); other negative errno.
 */
int lvm_cmd_run(char *const argv[], int timeout_s, char **out, struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * The metadata text of @vg_name, read by vgcfgbackup into a file of the folder @dir (0700, a tmpfs)
 * that is removed again. *text: free() it. Errors as above, -EFBIG, or those of reading the file.
 */
int lvm_cmd_vg_text(const char *dir, const char *vg_name, int timeout_s, char **text,
		    struct cm_errmsg *err) CM_MUST_CHECK;

#endif
