#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# -m2.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 24M -m2
[ "$(on 2 "ls /dev/mapper/vg-data_mimage_*" | wc -l)" = 3 ] || die "three legs expected"
writers_start /dev/vg/data 6 512 60
writers_wait
wait_sync vg/data
wait_sync vg/data 20 3
writers_check 3 /dev/vg/data
check_legs vg/data
