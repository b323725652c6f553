#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The small worlds of the simulator that are too large for "make check": every order of their acts.
. "$(dirname "$(realpath "$0")")/lib.sh"
sim=${CM_TOP_BUILDDIR:-.}/test/sim/sim
for world in $("$sim" --list-worlds large); do
	all_one "world $world" "$sim" --world "$world"
done
all_finish
