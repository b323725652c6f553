#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A core log on three nodes.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M --mirrorlog core
check_active vg/data "1 2 3"
[[ "$(get_table 2 vg/data)" =~ clustered-core|cmirror-core ]] || die "table: $(get_table 2 vg/data)"
writers_start /dev/vg/data 6 1024 60
writers_wait
wait_sync vg/data
writers_check 3 /dev/vg/data
check_legs vg/data
on 1 lvremove -y vg/data
check_gone vg/data
on 1 lvcreate -qq -y -m1 -L 16M --corelog -n data2 vg
[ -z "$(get_lv 1 vg/data2 mirror_log)" ] || die "--corelog made a log LV"
