#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Verified writers on all nodes at once, during the first synchronisation and after it.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 48M
writers_start /dev/vg/data 12 2048 60
writers_wait 60
wait_sync vg/data
for n in 1 2 3; do writers_check $n /dev/vg/data; done
check_legs vg/data
writers_start /dev/vg/data 8 2048 200
writers_wait 60
writers_check 2 /dev/vg/data
wait_for 20 "equal legs" check_legs vg/data
