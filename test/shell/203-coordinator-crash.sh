#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The coordinator dies under writes of all nodes: fenced, survivors write on, resynced, equal
# legs, nothing lost.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 48M
wait_sync vg/data
writers_start /dev/vg/data 25 2048 100
sleep 5
coordinator=$(get_status 2 coordinator)
[ "$coordinator" = 1 ] || die "coordinator is '$coordinator', not the lowest node"
crash_fenced 1
writers_wait 60 "2 3"
wait_sync vg/data 120 2
writers_check 2 /dev/vg/data
writers_check 3 /dev/vg/data
check_legs vg/data 2
start 1
cluster_up
vg_up
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_synced vg/data 1
writers_check 1 /dev/vg/data
