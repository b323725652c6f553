/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_run.h - what the commands that take names of LVs have in common: read the command line,
 * look the LVs up, and become the stock command unless one of them is a clustered mirror.
 */
#ifndef CMLVM_RUN_H
#define CMLVM_RUN_H

#include "tools/cmlvm_opts.h"
#include "tools/cmlvm_vg.h"

struct run_command {
	const struct opt_def *defs;
	/* Has it nothing to do with us, whatever the LVs are? Help, version and an activation word
	 * that lvm does not know are seen to already. */
	bool (*is_stock)(const struct opts *opts);
	/* Must it be refused before anything is done? Prints why. NULL: never. */
	bool (*is_refused)(const struct vg_lvs *lvs, const struct opts *opts);
	/* Do it. At least one LV is ours. Returns the exit code. */
	int (*run)(const struct vg_lvs *lvs, const struct opts *opts);
};

/*
 * Run it with argv[0] as the name of the stock command. Names that stock lvm does not find are told
 * in its words, and the rest is done, as stock lvm does. Returns the exit status, or does not
 * return (stock lvm took over).
 */
int run_command(const struct run_command *command, int argc, char **argv);

#endif
