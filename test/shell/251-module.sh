#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all
# The kernel module on every node: creation, a daemon killed under load, what a write costs.
# (All scripts with it: CM_CLIENT=module test/shell/run.)
for t in 201 206 213; do
	echo "--- $t"
	"$RIG_BASE/run-script" "$RIG_SRC"/test/shell/$t-*.sh
done
