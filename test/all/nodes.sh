#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 1 to 5 nodes; three are in the ladder.
. "$(dirname "$(realpath "$0")")/lib.sh"
for n in 1 2 4 5; do
	CM_RIG_OPTIONS="--nodes $n" all_shell "nodes: $n" 240
done
all_finish
