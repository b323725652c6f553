#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 1 to 5 nodes.
run=$(dirname "$(realpath "$0")")/../shell/run
status=0 count=0
for n in 1 2 4 5; do
	count=$((count + 1))
	out=$(CM_RIG_OPTIONS="--nodes $n" "$run" 240 2>&1) && echo "ok $count - $n nodes" || {
		status=1
		sed 's/^/# /' <<< "$out"
		echo "not ok $count - $n nodes"
	}
done
echo 1..4
exit $status
