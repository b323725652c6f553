#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A log device with anything else on it is no truth: everything is copied, and the legs end up
# equal.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
daemon_start
one() { # one WHAT
	fill $leg0
	fill $leg1
	mirror_make cmt "$(table_ours "cmt-111-$1" $log 1024 $leg0 $leg1)"
	wait_synced cmt
	mirror_remove cmt
	legs_equal $leg0 $leg1 || die "$1: legs differ"
}
fill $log
one random
dd if=/dev/zero bs=1M count=4 status=none | tr '\0' '\377' |
	dd of=$log bs=1M iflag=fullblock oflag=direct status=none
one ones
# an older kernel log whose version nobody knows, all bits set
dd if=/dev/zero bs=1M count=4 status=none | tr '\0' '\377' |
	dd of=$log bs=1M iflag=fullblock oflag=direct status=none
printf '\162\122\151\115\007\000\000\000\040\000\000\000\000\000\000\000' |
	dd of=$log conv=notrunc,fsync status=none
one version
