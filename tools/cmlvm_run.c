/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_run.h"

#include <stdlib.h>
#include <string.h>

#include "tools/cmlvm_stock.h"

/* Stock lvm has words for an activation given twice, or one that does not exist. */
static bool is_bad_activation(const struct opts *opts)
{
	enum opt_activation activation;

	return opts_count(opts, "activate") > 1 ||
	       (opts_has(opts, "activate") &&
		opts_activation(opts_value(opts, "activate"), &activation));
}

static int run_found(const struct run_command *command, const struct opts *opts, char **argv)
{
	struct vg_lvs lvs = { NULL, 0 };
	int code, missing = vg_lvs_find(opts, &lvs);

	if (command->is_refused && command->is_refused(&lvs, opts)) {
		code = STOCK_FAILED;
	} else if (!vg_lvs_hold_ours(&lvs)) {
		code = stock_exec(argv);
	} else {
		if (missing != STOCK_OK)
			stock_messages_print(STOCK_SHOW_ERRORS);
		code = command->run(&lvs, opts);
		if (missing > code)
			code = missing;
	}
	vg_lvs_free(&lvs);
	return code;
}

int run_command(const struct run_command *command, int argc, char **argv)
{
	char **copy = cmlvm_alloc((size_t)argc + 1, sizeof(*copy));
	struct opts opts = { 0 };
	int code;

	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	if (opts_parse(command->defs, argc, copy, &opts) ||
	    opts_has_any(&opts, "help longhelp version") || is_bad_activation(&opts) ||
	    command->is_stock(&opts)) {
		code = stock_exec(argv);
	} else {
		stock_set_verbose(opts_count(&opts, "verbose"));
		code = run_found(command, &opts, argv);
	}
	opts_free(&opts);
	free(copy);
	return code;
}
