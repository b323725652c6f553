/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_vgchange.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/cmlvm_act.h"
#include "tools/cmlvm_run.h"
#include "tools/cmlvm_stock.h"
#include "tools/cmlvm_vg.h"

static bool vg_holds_ours(const struct vg_lvs *lvs, const char *vg)
{
	for (size_t i = 0; i < lvs->count; i++)
		if (!strcmp(lvs->lv[i].vg, vg) && vg_lv_is_ours(&lvs->lv[i]))
			return true;
	return false;
}

/* The first LV of its VG in the list: time to do something once per VG. */
static bool is_first_of_vg(const struct vg_lvs *lvs, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(lvs->lv[i].vg, lvs->lv[index].vg))
			return false;
	return true;
}

/* The LVs of VG @vg; points into @lvs' copies, free with vg_lvs_free(). */
static struct vg_lvs lvs_of_vg(const struct vg_lvs *lvs, const char *vg)
{
	struct vg_lvs of_vg = { cmlvm_alloc(lvs->count, sizeof(*lvs->lv)), 0 };

	for (size_t i = 0; i < lvs->count; i++)
		if (!strcmp(lvs->lv[i].vg, vg))
			of_vg.lv[of_vg.count++] = lvs->lv[i];
	return of_vg;
}

static void active_print(const struct vg_lvs *of_vg)
{
	unsigned int active_count = 0;

	for (size_t i = 0; i < of_vg->count; i++)
		active_count += vg_lv_mode_here(&of_vg->lv[i]) != VG_LV_INACTIVE;
	printf("  %u logical volume(s) in volume group \"%s\" now active\n", active_count,
	       of_vg->lv[0].vg);
}

/* A VG that holds ours: ours one by one, its other LVs by stock lvchange, which takes names. */
static int vg_change(const struct vg_lvs *of_vg, const struct opts *opts)
{
	int one, code = STOCK_OK;
	enum opt_activation activation;

	for (size_t i = 0; i < of_vg->count; i++) {
		const struct vg_lv *lv = &of_vg->lv[i];

		if (!vg_lv_is_ours(lv))
			continue;
		if (opts_has(opts, "refresh"))
			one = act_refresh(lv, opts);
		else if (!opts_activation(opts_value(opts, "activate"), &activation))
			one = act_change(lv, activation, opts);
		else
			one = STOCK_INVALID;
		if (one > code)
			code = one;
	}
	one = act_stock_rest("lvchange", opts, "select verbose debug autoactivation", of_vg);
	if (opts_has(opts, "activate"))
		active_print(of_vg);
	return one > code ? one : code;
}

/* VGs without ours. Those without any LV are not in the list and have nothing to activate. */
static int stock_vgs_change(const struct vg_lvs *lvs, const struct opts *opts)
{
	struct args words = ARGS_EMPTY;
	unsigned int vg_count = 0;
	int code = STOCK_OK;

	args_add(&words, "vgchange");
	opts_emit_without(opts, "select verbose debug", &words);
	for (size_t i = 0; i < lvs->count; i++) {
		if (!is_first_of_vg(lvs, i) || vg_holds_ours(lvs, lvs->lv[i].vg))
			continue;
		args_add(&words, lvs->lv[i].vg);
		vg_count++;
	}
	if (vg_count) {
		code = stock_run(&words, NULL, NULL);
		stock_messages_print(STOCK_SHOW_ALL);
	}
	args_free(&words);
	return code;
}

static int change_all(const struct vg_lvs *lvs, const struct opts *opts)
{
	int one, code = stock_vgs_change(lvs, opts);

	for (size_t i = 0; i < lvs->count; i++) {
		struct vg_lvs of_vg;

		if (!is_first_of_vg(lvs, i) || !vg_holds_ours(lvs, lvs->lv[i].vg))
			continue;
		of_vg = lvs_of_vg(lvs, lvs->lv[i].vg);
		one = vg_change(&of_vg, opts);
		vg_lvs_free(&of_vg);
		if (one > code)
			code = one;
	}
	return code;
}

/* "vg/lv" is no name of a VG, though lvs would find something by it. */
static bool names_lv(const struct opts *opts)
{
	for (size_t i = 0; i < opts->positional_count; i++) {
		const char *name = opts->positional[i];

		if (strchr(name + (strncmp(name, "/dev/", 5) ? 0 : 5), '/'))
			return true;
	}
	return false;
}

static bool is_stock(const struct opts *opts)
{
	return !opts_has_any(opts, "activate refresh") || names_lv(opts);
}

int cmd_vgchange(int argc, char **argv)
{
	static const struct run_command command = {
		.defs = opt_defs_vgchange, .is_stock = is_stock, .run = change_all,
	};

	return run_command(&command, argc, argv);
}
