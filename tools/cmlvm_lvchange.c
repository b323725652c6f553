/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_lvchange.h"

#include <stdbool.h>
#include <stdio.h>

#include "tools/cmlvm_act.h"
#include "tools/cmlvm_ask.h"
#include "tools/cmlvm_clvmd.h"
#include "tools/cmlvm_run.h"
#include "tools/cmlvm_stock.h"
#include "tools/cmlvm_vg.h"

/* Stock lvm would load a new table for these, with the kernel's own log, beside the other nodes'
 * ours. */
#define RELOADING "permission readahead persistent major minor"
/* Here ours is needed; other options touch metadata only, and stock lvm does that. */
#define CONCERNING \
	"activate refresh resync monitor poll rebuild syncaction raidsyncaction " RELOADING
#define METADATA_ONLY                                                         \
	"addtag deltag alloc contiguous setactivationskip setautoactivation " \
	"metadataprofile detachprofile"

static int metadata_change(const struct vg_lv *lv, const struct opts *opts)
{
	struct args words = ARGS_EMPTY;
	int code;

	args_add(&words, "lvchange");
	opts_emit_only(opts, METADATA_ONLY " " RELOADING " autobackup yes test " OPTS_EVERYWHERE,
		       &words);
	args_addf(&words, "%s/%s", lv->vg, lv->lv);
	code = stock_run(&words, NULL, NULL);
	args_free(&words);
	stock_messages_print(STOCK_SHOW_ALL);
	return code;
}

static int tag_half_made(const struct vg_lv *lv, bool is_on, const struct opts *opts)
{
	return act_stock("lvchange",
			 is_on ? "--addtag=" VG_TAG_HALF_MADE : "--deltag=" VG_TAG_HALF_MADE, lv,
			 opts);
}

/* All regions out of sync: a fresh log while nobody has it open. A core log starts that way by
 * itself. */
static int resync(const struct vg_lv *lv, const struct opts *opts)
{
	bool was_active;
	int code = STOCK_OK;

	if (vg_lv_mode_here(lv) == VG_LV_STOCK)
		return act_stock("lvchange", "--resync", lv, opts);
	was_active = clvmd_is_active(lv->vg, lv->lv);
	if (was_active && !opts_has(opts, "yes") &&
	    !ask_yes("Do you really want to deactivate logical volume %s/%s on all nodes to resync "
		     "it",
		     lv->vg, lv->lv)) {
		fprintf(stderr, "  Logical volume %s/%s not resynced.\n", lv->vg, lv->lv);
		return STOCK_FAILED;
	}
	if (clvmd_deactivate(lv->vg, lv->lv, CLVMD_ALL))
		return STOCK_FAILED;
	if (!lv->is_core_log) {
		/* With the tag no node activates it in between; when this dies here, it stays
		 * inactive. */
		code = tag_half_made(lv, true, opts);
		if (code == STOCK_OK && clvmd_initlog(lv->vg, lv->lv, false))
			code = STOCK_FAILED;
		if (tag_half_made(lv, false, opts) != STOCK_OK)
			code = STOCK_FAILED;
	}
	if (code == STOCK_OK && was_active && clvmd_activate(lv->vg, lv->lv, CLVMD_ALL))
		code = STOCK_FAILED;
	return code;
}

static bool is_refused(const struct vg_lv *lv, const struct opts *opts)
{
	if (opts_has_any(opts, "rebuild syncaction raidsyncaction")) {
		fprintf(stderr,
			"  %s/%s is a mirror: --syncaction and --rebuild are for raid LVs; "
			"lvchange --resync "
			"copies it anew.\n",
			lv->vg, lv->lv);
		return true;
	}
	if (opts_has_any(opts, RELOADING) && clvmd_is_active(lv->vg, lv->lv)) {
		fprintf(stderr,
			"  %s/%s is active on several nodes: its permission, readahead and device "
			"number "
			"change only while it is inactive (lvchange -an %s/%s).\n",
			lv->vg, lv->lv, lv->vg, lv->lv);
		return true;
	}
	return false;
}

static int change_one(const struct vg_lv *lv, const struct opts *opts)
{
	enum opt_activation activation;
	int code = STOCK_OK;

	if (is_refused(lv, opts))
		return STOCK_FAILED;
	if (opts_has_any(opts, METADATA_ONLY " " RELOADING))
		code = metadata_change(lv, opts);
	if (code == STOCK_OK && opts_has(opts, "resync"))
		code = resync(lv, opts);
	if (code == STOCK_OK && opts_has(opts, "refresh"))
		code = act_refresh(lv, opts);
	if (code != STOCK_OK || !opts_has(opts, "activate"))
		return code;
	if (opts_activation(opts_value(opts, "activate"), &activation))
		return STOCK_INVALID;
	return act_change(lv, activation, opts);
}

static int change_all(const struct vg_lvs *lvs, const struct opts *opts)
{
	int code = STOCK_OK, one;

	for (size_t i = 0; i < lvs->count; i++) {
		if (!vg_lv_is_ours(&lvs->lv[i]))
			continue;
		one = change_one(&lvs->lv[i], opts);
		if (one > code)
			code = one;
	}
	one = act_stock_rest("lvchange", opts, "select verbose debug", lvs);
	return one > code ? one : code;
}

static bool is_stock(const struct opts *opts)
{
	return !opts_has_any(opts, CONCERNING) ||
	       (!opts->positional_count && !opts_has(opts, "select"));
}

/* -asy of a mirror whose VG has other locks: stock lvm would speak of its lock manager only. */
static bool is_unsharable(const struct vg_lvs *lvs, const struct opts *opts)
{
	const char *activate = opts_value(opts, "activate");

	if (!activate || *activate != 's')
		return false;
	for (size_t i = 0; i < lvs->count; i++) {
		const struct vg_lv *lv = &lvs->lv[i];

		if (!lv->is_mirror || lv->lock != VG_LOCK_OTHER)
			continue;
		vg_lock_refusal_print(lv->vg, lv->lock_name, "on one node it can be had with -aey");
		return true;
	}
	return false;
}

int cmd_lvchange(int argc, char **argv)
{
	static const struct run_command command = {
		.defs = opt_defs_lvchange, .is_stock = is_stock, .is_refused = is_unsharable,
		.run = change_all,
	};

	return run_command(&command, argc, argv);
}
