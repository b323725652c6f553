#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 1 to 5 nodes.
run=$(dirname "$(realpath "$0")")/../shell/run
status=0
for n in 1 2 4 5; do
	echo "# $n nodes"
	CM_RIG_OPTIONS="--nodes $n" "$run" 230 | grep -v '^1\.\.' || status=1
done
echo 1..4
exit $status
