#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vgchange with ten mirrors.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
for i in 0 1 2 3 4 5 6 7 8 9; do mirror m$i 8M --nosync; done
on 1 vgchange -an vg
for i in 0 1 2 3 4 5 6 7 8 9; do check_inactive vg/m$i "1 2 3"; done
on 2 vgchange -ay vg | has '10 logical volume(s) in volume group "vg" now active' ||
	die "vgchange does not count ten"
check_active vg/m9 "1 2 3"
check_synced vg/m9 3
on 3 lvremove -f vg
check_gone vg/m0
