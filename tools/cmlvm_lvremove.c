/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_lvremove.h"

#include <stdbool.h>
#include <stdio.h>

#include "tools/cmlvm_act.h"
#include "tools/cmlvm_ask.h"
#include "tools/cmlvm_clvmd.h"
#include "tools/cmlvm_run.h"
#include "tools/cmlvm_stock.h"
#include "tools/cmlvm_vg.h"

static int stock_remove(const struct vg_lv *lv, const struct opts *opts)
{
	struct args words = ARGS_EMPTY;
	int code;

	args_add(&words, "lvremove");
	opts_emit_without(opts, "select verbose debug", &words);
	args_addf(&words, "%s/%s", lv->vg, lv->lv);
	code = stock_run(&words, NULL, NULL);
	args_free(&words);
	return code;
}

static bool may_remove_active(const struct vg_lv *lv, const struct opts *opts)
{
	if (opts_has_any(opts, "yes force") ||
	    ask_yes("Do you really want to remove active clustered logical volume %s/%s", lv->vg,
		    lv->lv))
		return true;
	fprintf(stderr, "  Logical volume %s/%s not removed.\n", lv->vg, lv->lv);
	return false;
}

static int remove_one(const struct vg_lv *lv, const struct opts *opts)
{
	/* lvmlockd has forgotten the LV already, because no node holds its lock any more. */
	static const char *const noise[] = { "_free_lv lvmlockd result" };
	bool is_ours_now = vg_lv_mode_here(lv) == VG_LV_CLUSTERED;
	int code;

	if (!opts_has(opts, "test") && (is_ours_now || clvmd_is_active(lv->vg, lv->lv)) &&
	    (!may_remove_active(lv, opts) || clvmd_deactivate(lv->vg, lv->lv, CLVMD_ALL)))
		return STOCK_FAILED;
	code = stock_remove(lv, opts);
	if (code == STOCK_OK)
		stock_messages_print_except(noise, 1);
	else
		stock_messages_print(STOCK_SHOW_ALL);
	return code;
}

static int remove_all(const struct vg_lvs *lvs, const struct opts *opts)
{
	int one, code = STOCK_OK;

	for (size_t i = 0; i < lvs->count; i++) {
		if (!vg_lv_is_ours(&lvs->lv[i]))
			continue;
		one = remove_one(&lvs->lv[i], opts);
		if (one > code)
			code = one;
	}
	one = act_stock_rest("lvremove", opts, "select verbose debug", lvs);
	return one > code ? one : code;
}

static bool is_stock(const struct opts *opts)
{
	return !opts->positional_count && !opts_has(opts, "select");
}

int cmd_lvremove(int argc, char **argv)
{
	static const struct run_command command = {
		.defs = opt_defs_lvremove, .is_stock = is_stock, .run = remove_all,
	};

	return run_command(&command, argc, argv);
}
