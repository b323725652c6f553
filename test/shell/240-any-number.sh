#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# As many nodes as there are: create, write from all, one crash if a majority stays, compare.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
all=$(rig_live | tr '\n' ' ')
mirror data 24M
check_active vg/data "$all"
wait_sync vg/data
writers_start /dev/vg/data 6 1024 60
writers_wait
for n in $all; do writers_check "$n" /dev/vg/data; done
if [ "$RIG_NODES" -ge 3 ]; then
	writers_start /dev/vg/data 12 1024 60
	sleep 3
	crash_fenced "$RIG_NODES"
	writers_wait 60 "$(rig_live)"
	wait_sync vg/data
	writers_check 1 /dev/vg/data
fi
check_legs vg/data
