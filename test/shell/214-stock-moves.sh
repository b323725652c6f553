#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# exclusive by stock lvm -> clustered -> exclusive, without any copying: a difference between the
# legs planted by hand stays.
. "$RIG_SRC/test/shell/lib/aux.sh"
on 1 lvcreate -qq -y --type mirror -m1 -L 16M -aey -n data vg
[[ "$(get_table 1 vg/data)" == *"mirror disk"* ]] || die "-aey: $(get_table 1 vg/data)"
wait_for 60 "sync by stock lvm" check_synced vg/data 1

plant 1 vg/data_mimage_1 9

on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_synced vg/data 1
check_synced vg/data 3
on 3 dd if=/dev/urandom of=/dev/vg/data bs=64k count=4 oflag=direct status=none
sleep 2
planted 2 || die "the mirror was resynced"

on 2 lvchange -aey vg/data
check_inactive vg/data "1 3"
[[ "$(get_table 2 vg/data)" == *"mirror disk"* ]] || die "-aey on 2: $(get_table 2 vg/data)"
check_synced vg/data 2
sleep 1
planted 2 || die "the mirror was resynced"
on 2 "lvmlockctl -i" | has "LK LV ex $(get_lv 2 vg/data lv_uuid)" || die "no exclusive lock"
check_refusal 1 'locked by other host' lvremove -y vg/data

# in exclusive use on node 2: nobody else gets it
on 2 "sleep 6 < /dev/vg/data > /dev/null 2>&1 &"
check_refusal 1 'n2|node 2|locked by other host' lvchange -asy vg/data
[[ "$(get_table 2 vg/data)" == *"mirror disk"* ]] || die "node 2 lost it: $(get_table 2 vg/data)"
check_inactive vg/data "1 3"
wait_for 20 "the end of the use on node 2" on 2 lvchange -an vg/data
