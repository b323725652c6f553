#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every program of test/kmod against the module, on the node's three disks. Each is a test of its
# own ("part:", see test/rig/rig). Runs in a node; with the debug kernel it looks for leaks, too.
# CM_PROGRAMS: only those, names with a space between.
set -u
# shellcheck source=test/shell/lib/kernel.sh
. /src/test/shell/lib/kernel.sh
export KT_LOG=/dev/ubda KT_LEG0=/dev/ubdb KT_LEG1=/dev/ubdc
failed=0 count=0
# Of those that find the more the longer they run: 411 and 422 give them minutes.
export KT_STRESS_S=8 KT_SECS=5

modprobe -a dm-mirror dm-log-cmirror || exit
kernel_leaks > /dev/null	# of the boot
dmesg -C
for program in /usr/local/lib/cmirror-kmod/test_*; do
	name=${program##*/} began=$SECONDS
	[[ " ${CM_PROGRAMS:-$name} " == *" $name "* ]] || continue
	echo "--- $name"
	timeout -k 5 $((120 * RIG_SLOW)) "$program" > /tmp/out 2>&1
	status=$?
	grep -v '^ok ' /tmp/out
	kernel_refuses=$([ "$name" != test_refused ] || echo 1)
	kernel_is_silent || status=1
	[ -z "$kernel_refuses" ] || ! kernel_leaks dm_log_cmirror || status=1
	count=$((count + 1))
	if [ $status = 0 ]; then
		echo "part: ok $name ($(grep -c '^ok ' /tmp/out) checks, $((SECONDS - began)) s)"
	else
		echo "part: FAILED $name (status $status)"
		failed=1
		# With a mirror that does not go the others could not even begin.
		timeout -s KILL 20 dmsetup remove --force kt 2> /dev/null ||
			! dmsetup info kt > /dev/null 2>&1 || exit 1
	fi
done
[ $count -gt 0 ] || { echo "there are no programs"; exit 1; }
if kernel_leaks; then
	echo "part: FAILED no memory is lost"
	failed=1
fi
kernel_lockdep_is_on || failed=1
modprobe -r dm-log-cmirror || exit
exit $failed
