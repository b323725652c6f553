#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# long
# rig: --kernel debug --mem 640M
# breaks its node
#
# The debug kernel has teeth: of each kind of fault one is made (test/kmod/faults), which it reports
# and the tests notice. Runs in a node.
set -u
# shellcheck source=test/shell/lib/kernel.sh
. /src/test/shell/lib/kernel.sh
failed=0

part() { # part "ok"|"FAILED" NAME
	echo "part: $1 $2"
	[ "$1" = ok ] || failed=1
}

# fault NAME WORDS: it is reported with these WORDS.
fault() {
	local messages
	dmesg -C
	echo "$1" > /sys/module/faults/parameters/run
	messages=$(dmesg)
	if ! kernel_is_silent > /dev/null && grep -qE "$2" <<< "$messages"; then
		part ok "$1"
	else
		printf '%s\n' "$messages"
		part FAILED "$1"
	fi
}

# refused KIND WHAT: one time in two.
refused() {
	local i count=0 kernel_count
	kernel_refuse "$1" 50 faults || part FAILED "$1"
	for ((i = 0; i < 200; i++)); do
		echo "$2" 2> /dev/null > /sys/module/faults/parameters/run || count=$((count + 1))
	done
	kernel_count=$(kernel_refused "$1")
	kernel_refuse "$1" 0 faults
	echo "$1: $count of 200 refused, $kernel_count by its own count"
	if [ $count -gt 50 ] && [ $count -lt 150 ] && [ "$kernel_count" -ge $count ]; then
		part ok "$1"
	else
		part FAILED "$1"
	fi
}

cat /proc/version
if kernel_is_silent; then part ok 'a silent boot'; else part FAILED 'a silent boot'; fi
kernel_leaks > /dev/null	# of the boot
insmod /usr/local/lib/cmirror-kmod/faults.ko || exit
refused failslab allocate
refused fail_page_alloc allocate-page
if kernel_leaks; then part FAILED 'no leak of the boot'; else part ok 'no leak of the boot'; fi
echo leak > /sys/module/faults/parameters/run
if kernel_leaks | grep 'leak+.*\[faults\]'; then part ok leak; else part FAILED leak; fi

# First what leaves lockdep alone; it is off when something has been found.
kernel_lockdep_is_on || part FAILED 'lockdep is on'
fault rcu-unlocked 'suspicious RCU usage'
kernel_lockdep_is_on || part FAILED 'lockdep is on'
fault lock-order 'possible circular locking dependency'
fault sleep-in-atomic 'sleeping function called from invalid context'
fault use-after-free 'KASAN: (slab-)?use-after-free'
fault out-of-bounds 'KASAN: slab-out-of-bounds'
fault refcount 'refcount_t: addition on 0'
fault list-twice 'list_add (corruption|double add)'
fault free-active-timer 'ODEBUG: free active'
exit $failed
