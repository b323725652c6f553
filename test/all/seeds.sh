#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Many seeds of the simulator, with a disk log and with a core log; every mutant is caught.
. "$(dirname "$(realpath "$0")")/lib.sh"
sim=${CM_TOP_BUILDDIR:-.}/test/sim/sim
for class in steady crash daemon power partition legs mix rare; do
	all_one "$class, 300 seeds" "$sim" --class $class --seeds 300 --start 41
	all_one "$class, 50 seeds with a core log" "$sim" --class $class --seeds 50 --core
	for client in module mixed; do
		all_one "$class, $client, 150 seeds" \
			"$sim" --class $class --client $client --seeds 150 --start 17
		all_one "$class, $client, 25 seeds with a core log" \
			"$sim" --class $class --client $client --seeds 25 --core
	done
done
all_one 'all mutants' "$sim" --all-mutants
all_finish
