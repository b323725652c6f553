#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All nodes lose power at once under writes; stock lvm alone resyncs what is needed, then ours
# takes it over again.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M
wait_sync vg/data
writers_start /dev/vg/data 30 2048 100
sleep 5
crash 1
crash 2
crash 3
start 1
start 2
start 3
cluster_up
vg_up
# where nobody wrote: stock lvm knows nothing of our slots, so it copies everything
plant 1 vg/data_mimage_1 30
on 1 lvchange -aey vg/data
wait_for 60 "sync by stock lvm" check_synced vg/data 1
writers_check 1 /dev/vg/data
check_legs vg/data 1
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_synced vg/data 2
writers_check 3 /dev/vg/data
