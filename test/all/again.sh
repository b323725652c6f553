#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What depends on timing, twenty times.
run=$(dirname "$(realpath "$0")")/../shell/run
status=0 count=0
for ((i = 1; i <= 20; i++)); do
	for t in 105 202 203 205 206 215 217; do
		count=$((count + 1))
		"$run" $t > /tmp/again.$$ 2>&1 && echo "ok $count - $t, time $i" || {
			status=1
			sed 's/^/# /' /tmp/again.$$
			echo "not ok $count - $t, time $i"
		}
	done
done
rm -f /tmp/again.$$
echo 1..$count
exit $status
