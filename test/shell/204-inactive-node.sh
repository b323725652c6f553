#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Inactive on one node: the others write on; active again it is in sync and sees what they wrote.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M
wait_sync vg/data
on 3 lvchange -aln vg/data
check_inactive vg/data 3
check_active vg/data "1 2"
on 1 verify write --dev /dev/vg/data --area 0:1024 --seconds 3 --rate 200 > "$RIG_DIR/journal"
on 3 lvchange -aly vg/data
check_active vg/data "1 2 3"
check_synced vg/data 3
on 3 verify check --dev /dev/vg/data --area 0:1024 --from /host/journal
# deactivated everywhere by any node, and back
on 3 lvchange -an vg/data
check_inactive vg/data "1 2 3"
on 2 lvchange -ay vg/data
check_active vg/data "1 2 3"
check_synced vg/data 1
check_legs vg/data
