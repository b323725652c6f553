#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A node dies and comes back while the first synchronisation runs.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 160M -R 128k
sleep 1
crash_fenced 3
on 1 verify write --dev /dev/vg/data --area 0:1024 --seconds 4 --rate 50 > "$RIG_DIR/journal"
start 3
cluster_up
vg_up
on 3 lvchange -asy vg/data
check_active vg/data "1 2 3"
wait_sync vg/data 180
wait_sync vg/data 20 3
on 3 verify check --dev /dev/vg/data --area 0:1024 --from /host/journal
check_legs vg/data 3
