#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# long
# rig: --kernel debug --mem 640M
#
# The programs of 402 that find the more the longer they run, under the debug kernel: everything at
# once in several mixes, and with memory and I/O that is refused. Runs in a node.
set -u
# shellcheck source=test/shell/lib/kernel.sh
. /src/test/shell/lib/kernel.sh
export KT_LOG=/dev/ubda KT_LEG0=/dev/ubdb KT_LEG1=/dev/ubdc
programs=/usr/local/lib/cmirror-kmod
failed=0

# run NAME COMMAND...: one part; what the kernel has reported fails it, too.
run() {
	local name=$1 status=0
	shift
	timeout -k 5 200 "$@" > /tmp/out 2>&1 || status=$?
	grep -v '^ok ' /tmp/out
	kernel_is_silent || status=1
	[ $status != 124 ] || { kernel_blocked; echo "part: FAILED $name: hangs"; exit 1; }
	if [ $status = 0 ]; then
		echo "part: ok $name ($(grep -c '^ok ' /tmp/out) checks)"
	else
		echo "part: FAILED $name (status $status)"
		failed=1
	fi
}

# churn MIX SECS SEED [AT_THE_END]
churn() {
	run "$1${4:+, with what is refused}" env KT_CHURN="$1" KT_SECS="$2" KT_SEED="$3" \
		KT_CALM="${4:-true}" $programs/test_churn
}

# refused KIND PERCENT SEED [DISK...]: KIND is refused while tables come and go, to the module, or,
# with DISK..., of the requests to these disks.
refused() {
	local kind=$1 percent=$2 seed=$3 end disk
	shift 3
	end="echo 0 > $kernel_debug/$kind/probability"
	if [ $# = 0 ]; then
		kernel_refuse "$kind" "$percent" dm_log_cmirror || exit
	else
		kernel_refuse "$kind" "$percent" '' || exit
		echo N > "$kernel_debug/$kind/task-filter"
		for disk; do echo 1 > "/sys/block/$disk/make-it-fail"; done
	fi
	churn "daemon io more-io tables" 30 "$seed" "$end"
	echo "$kind: $(kernel_refused "$kind") times"
	[ "$(kernel_refused "$kind")" -gt 0 ] || { echo "part: FAILED $kind: never"; failed=1; }
}

modprobe -a dm-mirror dm-log-cmirror || exit
kernel_leaks > /dev/null	# of the boot
kernel_is_silent || failed=1
kernel_refuses=1 run refused $programs/test_refused
# Others lose some when they are refused some: SLUB the names of its caches.
if kernel_leaks dm_log_cmirror; then
	echo "part: FAILED no memory is lost when some is refused"
	failed=1
fi
churn 'daemon io more-io tables' 30 1
churn 'daemon io more-io devices' 40 2
churn 'daemon io more-io tables devices' 60 3
churn 'daemon tables module' 30 4
churn 'daemon io more-io tables devices module' 60 5
refused failslab 10 6
refused fail_page_alloc 20 7
refused fail_make_request 5 8 ubda ubdb ubdc
if kernel_leaks; then
	echo "part: FAILED no memory is lost"
	failed=1
else
	echo "part: ok no memory is lost"
fi
kernel_lockdep_is_on || failed=1
modprobe -r dm-log-cmirror || exit
exit $failed
