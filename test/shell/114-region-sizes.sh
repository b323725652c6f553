#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From 4 KiB to the size of the mirror, and a last region that is not whole.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 17M
disk leg1 17M
daemon_start
for region in 8 64 4096 32768; do
	fill $leg0
	# neither the kernel's log nor ours knows an older one of another region size
	dd if=/dev/zero of=$log bs=1M count=4 oflag=direct status=none
	mirror_make cmt "$(table_ours cmt-114-$region $log $region $leg0 $leg1)"
	s=$(synced cmt)
	[ "${s#*/}" = $(((34816 + region - 1) / region)) ] || die "region size $region: $s"
	wait_synced cmt 120
	dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=1 seek=4351 oflag=direct status=none
	mirror_remove cmt
	legs_equal $leg0 $leg1
done
