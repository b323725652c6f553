#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# long
# The module under all that can be done to it at once (test/kmod/test_stress.c), for CM_STRESS_S
# seconds, 60 if nothing is said. Meant for two processors: CM_ENGINE=qemu. Runs in a node.
set -u
export KT_LOG=/dev/ubda KT_LEG0=/dev/ubdb KT_LEG1=/dev/ubdc
export KT_STRESS_S=${CM_STRESS_S:-60}
reports='BUG|WARNING|Call Trace|Oops|blocked for more than|stall|lockup|refcount_t|corruption'

# Nothing of ours waits for longer than 10 s, if it runs at a tenth of its speed; what the kernel
# says by itself when something hangs is a fault.
sysctl -qw kernel.hung_task_timeout_secs=$((30 * RIG_SLOW)) \
	kernel.hung_task_warnings=-1 2> /dev/null

modprobe -a dm-mirror dm-log-cmirror || exit
dmesg -C
timeout -k 5 $((KT_STRESS_S + 300)) /usr/local/lib/cmirror-kmod/test_stress > /tmp/out 2>&1
status=$?
grep -v '^ok ' /tmp/out
echo "$(grep -c '^ok ' /tmp/out) checks on $(nproc) processors"
if dmesg | grep -E "$reports"; then
	dmesg | tail -n 300
	status=1
fi
if [ $status != 0 ]; then
	ps axo pid,stat,wchan:30,args | awk '$2 ~ /D/'
	echo w > /proc/sysrq-trigger
	dmesg | tail -n 100
fi
exit $status
