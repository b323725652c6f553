#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lvchange --refresh and --resync.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 24M
wait_sync vg/data
writers_start /dev/vg/data 8 1024 60
on 2 lvchange --refresh vg/data
writers_wait
check_active vg/data "1 2 3"
check_synced vg/data 1
check_refusal 2 'inactive' lvchange -pr vg/data
check_refusal 2 'raid' lvchange --syncaction check vg/data
fails on 2 "lvchange --resync vg/data < /dev/null"
check_synced vg/data 1
on 2 lvchange -y --resync vg/data
check_active vg/data "1 2 3"
wait_sync vg/data
writers_check 3 /dev/vg/data
check_legs vg/data
