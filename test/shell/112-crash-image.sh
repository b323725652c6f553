#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The log as a crash of all nodes leaves it (a copy taken while in use), in several states of
# damage: each time the legs end up equal, and a copy that is whole resyncs only what was being
# written.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
daemon_start
t=$(table_ours cmt-112 $log 1024 $leg0 $leg1)
mirror_make cmt "$t"
wait_synced cmt
dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=1 oflag=direct status=none
cp $T/log.img $T/crash.img
mirror_remove cmt

# back WHAT: the crash image with damage done by eval, legs different where the write was (and
# elsewhere: $2)
back() {
	cp $T/crash.img $T/damaged.img
	eval "$2"
	dd if=$T/damaged.img of=$log bs=1M oflag=direct status=none
	dd if=/dev/urandom of=$leg1 bs=4k count=1 oflag=direct status=none
	as_after_reboot
	mirror_make cmt "$t"
	wait_synced cmt
	mirror_remove cmt
	legs_equal $leg0 $leg1 || die "$1: legs differ"
}
hole() {
	dd if=/dev/urandom of=$T/damaged.img bs=4k seek=$((1024 - $1 / 4)) count=1 conv=notrunc \
		status=none
}
half() {
	dd if=/dev/zero of=$T/damaged.img bs=512 seek=$((8192 - 128 + 1)) count=3 conv=notrunc \
		status=none
}
elsewhere() { echo planted | dd of=$leg1 bs=1 seek=$((9 << 20)) conv=notrunc,fsync status=none; }

back "the older superblock torn" 'hole 64'
back "both superblocks torn: everything is copied" 'hole 64; hole 128; elsewhere'
back "half a superblock" half

# whole: the planted difference in a clean region stays, because only the written one is copied
cp $T/crash.img $T/damaged.img
elsewhere
dd if=$T/damaged.img of=$log bs=1M oflag=direct status=none
dd if=/dev/urandom of=$leg1 bs=4k count=1 oflag=direct status=none
as_after_reboot
mirror_make cmt "$t"
wait_synced cmt
mirror_remove cmt
[ "$(dd if=$leg1 bs=1 skip=$((9 << 20)) count=7 status=none)" = planted ] ||
	die "a clean region was copied"
cmp -n 4096 $leg0 $leg1 || die "the written region was not copied"
