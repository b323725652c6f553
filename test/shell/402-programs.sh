#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every program of test/kmod against the module, on the node's three disks. Each is a test of its
# own ("part:", see test/rig/rig). Runs in a node.
set -u
export KT_LOG=/dev/ubda KT_LEG0=/dev/ubdb KT_LEG1=/dev/ubdc
failed=0 count=0

modprobe -a dm-mirror dm-log-cmirror || exit
dmesg -C
for program in /usr/local/lib/cmirror-kmod/test_*; do
	name=${program##*/}
	echo "--- $name"
	timeout -k 5 $((120 * RIG_SLOW)) "$program" > /tmp/out 2>&1
	status=$?
	grep -v '^ok ' /tmp/out
	if dmesg -c | tee /tmp/messages | grep -E 'BUG|WARNING|Call Trace|Oops'; then
		cat /tmp/messages
		status=1
	fi
	count=$((count + 1))
	if [ $status = 0 ]; then
		echo "part: ok $name ($(grep -c '^ok ' /tmp/out) checks)"
	else
		echo "part: FAILED $name (status $status)"
		failed=1
		dmsetup remove --force kt 2> /dev/null
	fi
done
[ $count -gt 0 ] || { echo "there are no programs"; exit 1; }
modprobe -r dm-log-cmirror || exit
exit $failed
