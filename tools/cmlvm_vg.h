/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_vg.h - facts about volume groups and logical volumes, asked of stock lvm (vgs, lvs) in this
 * process, and about a device that is active here, asked of the kernel.
 */
#ifndef CMLVM_VG_H
#define CMLVM_VG_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cmlvm_args.h"
#include "tools/cmlvm_opts.h"

#define VG_NAME_MAX 128

enum vg_lock {
	VG_LOCK_NONE, /* not shared */
	VG_LOCK_DLM,
	VG_LOCK_OTHER, /* sanlock, idm */
};

/*
 * The lock type of VG @vg. @opts: its OPTS_EVERYWHERE options go along. @type_name (>= 32 bytes)
 * receives lvm's word for it. Returns STOCK_OK, or lvm's exit code with its messages kept
 * (cmlvm_stock.h).
 */
int vg_lock_type(const char *vg, const struct opts *opts, enum vg_lock *lock, char *type_name);

/* One line on stderr: VG @vg with locks @lock_name can hold no clustered mirror; the cure, and what
 * can be had @instead. */
void vg_lock_refusal_print(const char *vg, const char *lock_name, const char *instead);

struct vg_lv {
	char vg[VG_NAME_MAX];
	char lv[VG_NAME_MAX];
	char dm_name[2 * VG_NAME_MAX];
	enum vg_lock lock;
	char lock_name[32]; /* lvm's word for it */
	bool is_mirror; /* segment type `mirror`, not raid1 */
	bool is_active_here;
	bool skips_activation; /* -k y */
	bool autoactivates; /* not --setautoactivation n */
	bool is_half_made; /* tagged by an lvcreate that has not come to its end */
	bool is_core_log;
};

struct vg_lvs {
	struct vg_lv *lv;
	size_t count;
};

/*
 * All visible LVs that the positional arguments and --select of @opts mean (none: all LVs of all
 * VGs), exactly as lvm's own commands understand them. Returns STOCK_OK, or lvm's exit code with
 * its messages kept when not all of them were found. In both cases @lvs are those that were, to be
 * freed with vg_lvs_free().
 */
int vg_lvs_find(const struct opts *opts, struct vg_lvs *lvs);
void vg_lvs_free(struct vg_lvs *lvs);

/* Is it for us: a `mirror` LV of a VG shared with dlm locks? */
bool vg_lv_is_ours(const struct vg_lv *lv);
/* Is any of them? */
bool vg_lvs_hold_ours(const struct vg_lvs *lvs);

enum vg_lv_mode {
	VG_LV_INACTIVE, /* on this node */
	VG_LV_STOCK, /* with a log of the kernel's own: exclusive */
	VG_LV_CLUSTERED, /* with our log */
};
/* How the kernel of this node has it, by its live table. */
enum vg_lv_mode vg_lv_mode_here(const struct vg_lv *lv);
/* CLUSTERED here, and its log is the stock kernel client. */
bool vg_lv_asks_daemon(const struct vg_lv *lv);

/* Fill in @lv->dm_name, LVM's device-mapper name for vg and lv. */
void vg_dm_name(struct vg_lv *lv);

/* The tag of an LV that lvcreate has not finished; clvmd and cmirrord refuse to serve such an LV.
 */
#define VG_TAG_HALF_MADE "cmirror_new"

#endif
