#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After a crash of ours a stock activation must not trust the log: it copies everything.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
daemon_start
mirror_make cmt "$(table_ours cmt-113 $log 1024 $leg0 $leg1)"
wait_synced cmt
dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=1 oflag=direct status=none
cp $T/log.img $T/crash.img
mirror_remove cmt
dd if=$T/crash.img of=$log bs=1M oflag=direct status=none
fill $leg1
mirror_make cmt "$(table_stock $log 1024 $leg0 $leg1)"
wait_synced cmt
legs_equal $leg0 $leg1
mirror_remove cmt

as_after_reboot
# the stock session is the truth now, not our old slots
mirror_make cmt "$(table_ours cmt-113 $log 1024 $leg0 $leg1)"
is_synced cmt || die "ours did not take over what stock left: $(synced cmt)"
