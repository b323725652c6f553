/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_act.h"

#include <stdio.h>
#include <string.h>

#include "tools/cmlvm_clvmd.h"
#include "tools/cmlvm_stock.h"

int act_stock(const char *command, const char *option, const struct vg_lv *lv,
	      const struct opts *opts)
{
	struct args words = ARGS_EMPTY;
	int code;

	args_add(&words, command);
	args_add(&words, option);
	args_add(&words, "--yes");
	opts_emit_only(opts, OPTS_EVERYWHERE, &words);
	if (!strncmp(option, "-a", 2))
		opts_emit_only(opts, "ignoreactivationskip partial activationmode", &words);
	args_addf(&words, "%s/%s", lv->vg, lv->lv);
	code = stock_run(&words, NULL, NULL);
	args_free(&words);
	if (code != STOCK_OK)
		stock_messages_print(STOCK_SHOW_ALL);
	return code;
}

int act_stock_rest(const char *command, const struct opts *opts, const char *without,
		   const struct vg_lvs *lvs)
{
	struct args words = ARGS_EMPTY;
	size_t rest_count = 0;
	int code = STOCK_OK;

	args_add(&words, command);
	opts_emit_without(opts, without, &words);
	for (size_t i = 0; i < lvs->count; i++) {
		if (vg_lv_is_ours(&lvs->lv[i]))
			continue;
		args_addf(&words, "%s/%s", lvs->lv[i].vg, lvs->lv[i].lv);
		rest_count++;
	}
	if (rest_count) {
		code = stock_run(&words, NULL, NULL);
		stock_messages_print(STOCK_SHOW_ALL);
	}
	args_free(&words);
	return code;
}

static int exit_code(int rc)
{
	return rc ? STOCK_FAILED : STOCK_OK;
}

static int activate(const struct vg_lv *lv, enum clvmd_scope scope, const struct opts *opts)
{
	int code;

	if (opts_has(opts, "partial") || (opts_has(opts, "activationmode") &&
					  !strcmp(opts_value(opts, "activationmode"), "partial"))) {
		fprintf(stderr,
			"  %s/%s: a clustered mirror with missing devices is not activated "
			"partially; "
			"bring the devices back, or use lvchange -aey --partial.\n",
			lv->vg, lv->lv);
		return STOCK_FAILED;
	}
	if (vg_lv_mode_here(lv) == VG_LV_STOCK) {
		code = act_stock("lvchange", "-an", lv, opts);
		if (code != STOCK_OK)
			return code;
	}
	return exit_code(clvmd_activate(lv->vg, lv->lv, scope));
}

static int activate_exclusively(const struct vg_lv *lv, const struct opts *opts)
{
	int code;

	if (vg_lv_mode_here(lv) != VG_LV_STOCK && clvmd_deactivate(lv->vg, lv->lv, CLVMD_ALL))
		return STOCK_FAILED;
	code = act_stock("lvchange", "-aey", lv, opts);
	if (code != STOCK_OK)
		fprintf(stderr, "  %s/%s was deactivated on all nodes and is not active now.\n",
			lv->vg, lv->lv);
	return code;
}

static int deactivate(const struct vg_lv *lv, enum clvmd_scope scope, const struct opts *opts)
{
	if (vg_lv_mode_here(lv) == VG_LV_STOCK)
		return act_stock("lvchange", "-an", lv, opts);
	return exit_code(clvmd_deactivate(lv->vg, lv->lv, scope));
}

/* An LV may say that it is not to be activated by this command. */
static bool is_skipped(const struct vg_lv *lv, enum opt_activation activation,
		       const struct opts *opts)
{
	if (opt_activation_is_off(activation))
		return false;
	if (activation == OPT_ACT_AUTO && !lv->autoactivates)
		return true;
	return lv->skips_activation && !opts_has(opts, "ignoreactivationskip");
}

int act_change(const struct vg_lv *lv, enum opt_activation activation, const struct opts *opts)
{
	if (is_skipped(lv, activation, opts))
		return STOCK_OK;
	if (lv->is_half_made && !opt_activation_is_off(activation)) {
		fprintf(stderr,
			"  %s/%s is left over from an lvcreate that was interrupted; remove it: "
			"lvremove %s/%s\n",
			lv->vg, lv->lv, lv->vg, lv->lv);
		return STOCK_FAILED;
	}
	if (opts_has(opts, "test"))
		return STOCK_OK;
	switch (activation) {
	case OPT_ACT_SHARED:
		return activate(lv, CLVMD_ALL, opts);
	case OPT_ACT_AUTO:
		return activate(lv, CLVMD_LOCAL_AUTO, opts);
	case OPT_ACT_LOCAL:
		return activate(lv, CLVMD_LOCAL, opts);
	case OPT_ACT_EXCLUSIVE:
		return activate_exclusively(lv, opts);
	case OPT_ACT_OFF:
		return deactivate(lv, CLVMD_ALL, opts);
	case OPT_ACT_OFF_LOCAL:
		return deactivate(lv, CLVMD_LOCAL, opts);
	}
	return STOCK_INVALID;
}

int act_refresh(const struct vg_lv *lv, const struct opts *opts)
{
	if (opts_has(opts, "test"))
		return STOCK_OK;
	if (vg_lv_mode_here(lv) == VG_LV_STOCK)
		return act_stock("lvchange", "--refresh", lv, opts);
	return exit_code(clvmd_refresh(lv->vg, lv->lv));
}
