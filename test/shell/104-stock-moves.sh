#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stock disk log -> ours -> stock -> ours without any copying: a difference planted by hand stays.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
daemon_start
mirror_make cmt "$(table_stock $log 1024 $leg0 $leg1)"
wait_synced cmt
mirror_remove cmt

plant() { echo planted | dd of="$1" bs=1 seek=$((9 << 20)) conv=notrunc,fsync status=none; }
still_planted() { [ "$(dd if="$1" bs=1 skip=$((9 << 20)) count=7 status=none)" = planted ] ||
	die "$2 resynced"; }
plant $leg1

mirror_make cmt "$(table_ours cmt-104 $log 1024 $leg0 $leg1)"
is_synced cmt || die "ours does not believe the stock log: $(synced cmt)"
dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=64 oflag=direct status=none
mirror_remove cmt
still_planted $leg1 ours

mirror_make cmt "$(table_stock $log 1024 $leg0 $leg1)"
is_synced cmt || die "stock does not believe what ours left: $(synced cmt)"
dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=64 oflag=direct status=none
sleep 1
mirror_remove cmt
still_planted $leg1 stock

mirror_make cmt "$(table_ours cmt-104 $log 1024 $leg0 $leg1)"
is_synced cmt || die "ours does not believe the stock log the second time: $(synced cmt)"
sleep 2
still_planted $leg1 "ours, the second time,"
