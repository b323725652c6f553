#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nosync counts once, on a log that says nothing yet; later it is not believed.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
fill $leg0
fill $leg1
daemon_start
t=$(table_ours cmt-116 $log 1024 $leg0 $leg1 -- nosync)
mirror_make cmt "$t"
is_synced cmt || die "nosync on a fresh log: $(synced cmt)"
fails legs_equal $leg0 $leg1
dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=1 oflag=direct status=none
cp $T/log.img $T/crash.img
mirror_remove cmt

# the table is loaded again after a crash: what was being written is copied in spite of the word
dd if=$T/crash.img of=$log bs=1M oflag=direct status=none
dd if=/dev/urandom of=$leg1 bs=4k count=1 oflag=direct status=none
as_after_reboot
mirror_make cmt "$t"
wait_synced cmt
cmp -n 4096 $leg0 $leg1 || die "nosync was believed after a crash"
