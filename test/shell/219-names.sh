#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# VG and LV names with dashes and dots, names lvcreate chooses, VG/LV as -n, PVs, tags.
# rig: --cluster
. "$RIG_SRC/test/shell/lib/aux.sh"
vg_up my-vg.x
on 2 lvcreate -y -m1 -l 4 -n a-b.c my-vg.x
check_active my-vg.x/a-b.c "1 2 3"
on 2 lvcreate -y -m1 -l 2 -n my-vg.x/second --addtag t1 --addtag t2
[ "$(get_lv 1 my-vg.x/second lv_tags)" = t1,t2 ] || die "tags: $(get_lv 1 my-vg.x/second lv_tags)"
on 3 lvcreate -y -m1 -l 2 my-vg.x | has 'Logical volume "lvol0" created' ||
	die "no name was chosen"
check_active my-vg.x/lvol0 "1 2 3"
on 3 lvcreate -y -m1 --mirrorlog core -L 8M -n pvs /dev/my-vg.x /dev/ubda /dev/ubdb 2> /dev/null ||
	on 3 lvcreate -y -m1 --mirrorlog core -L 8M -n pvs my-vg.x /dev/ubda /dev/ubdb
! on 1 "lvs -a --noheadings -o devices my-vg.x | grep pvs | grep -q ubdc"
wait_sync my-vg.x/a-b.c
check_legs my-vg.x/a-b.c
on 1 lvremove -y my-vg.x/a-b.c
check_gone my-vg.x/a-b.c
on 1 lvremove -f @t1
check_gone my-vg.x/second
on 1 lvremove -f my-vg.x
