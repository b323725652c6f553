/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_act.h - activate, deactivate and refresh one clustered mirror, the part lvchange, vgchange
 * and lvremove share.
 *
 * A mirror is inactive, or active by stock lvm on one node with the kernel's own log, or active in
 * shared mode with ours on any number of nodes. Going from one to another passes through inactive,
 * never through a reload: two kernels must not own the log at once (doc/design.md).
 */
#ifndef CMLVM_ACT_H
#define CMLVM_ACT_H

#include "tools/cmlvm_opts.h"
#include "tools/cmlvm_vg.h"

/*
 * Bring @lv into the state @activation. @opts: the command's options; those that configure lvm as
 * such, and -K, -P and --activationmode go along. Returns STOCK_OK or an exit code after what went
 * wrong was printed.
 */
int act_change(const struct vg_lv *lv, enum opt_activation activation, const struct opts *opts);

/* Suspend and resume with the tables of the metadata, wherever it is active. As act_change(). */
int act_refresh(const struct vg_lv *lv, const struct opts *opts);

/* Run stock `@command OPTIONS VG/LV` for one LV; prints its messages when it fails. Returns the
 * exit code. */
int act_stock(const char *command, const char *option, const struct vg_lv *lv,
	      const struct opts *opts);

/* Run stock @command with the options of @opts but @without, on the LVs of @lvs that are not ours.
 */
int act_stock_rest(const char *command, const struct opts *opts, const char *without,
		   const struct vg_lvs *lvs);

#endif
