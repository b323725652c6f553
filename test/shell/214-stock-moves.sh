#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# exclusive by stock lvm -> clustered -> exclusive, without any copying.
. "$RIG_SRC/test/shell/lib/aux.sh"
on 1 lvcreate -qq -y --type mirror -m1 -L 16M -aey -n data vg
[[ "$(get_table 1 vg/data)" == *"mirror disk"* ]] || die "-aey: $(get_table 1 vg/data)"
wait_for 60 "sync by stock lvm" check_synced vg/data 1
plant() { on 1 "lvs --noheadings -o seg_pe_ranges vg/data_mimage_1 | sed 's/ *//; s/-.*//'"; }
pe=$(plant)
dev=${pe%%:*} off=$(((1 + ${pe##*:} * 4) << 20))
planted() { on "$1" "dd if=$dev bs=1 skip=$((off + (9 << 20))) count=7 iflag=direct,fullblock status=none 2> /dev/null || dd if=$dev bs=4096 skip=$(((off + (9 << 20)) / 4096)) count=1 iflag=direct status=none | head -c 7"; }
on 1 "{ echo planted; head -c 4088 /dev/zero; } | dd of=$dev bs=4096 seek=$(((off + (9 << 20)) / 4096)) count=1 iflag=fullblock oflag=direct conv=notrunc status=none"

on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_synced vg/data 1
check_synced vg/data 3
on 3 dd if=/dev/urandom of=/dev/vg/data bs=64k count=4 oflag=direct status=none
sleep 2
[ "$(planted 2 | head -c 7)" = planted ] || die "resynced on the way to clustered"

on 2 lvchange -aey vg/data
check_inactive vg/data "1 3"
[[ "$(get_table 2 vg/data)" == *"mirror disk"* ]] || die "-aey on node 2: $(get_table 2 vg/data)"
check_synced vg/data 2
sleep 1
[ "$(planted 2 | head -c 7)" = planted ] || die "resynced on the way to exclusive"

# in use elsewhere
on 2 "sleep 6 < /dev/vg/data & sleep 0.5"
check_refusal 1 'n2|node 2|locked by other host' lvchange -asy vg/data
