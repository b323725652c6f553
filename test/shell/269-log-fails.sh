#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The log device fails under load: on one node, on all; and it comes back.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M -R 4k
wait_sync vg/data
# what is over in three seconds nobody hears of
episode part_fails 2 data_mlog 2
episode part_fails 2 data_mlog 8
episode part_fails "1 2 3" data_mlog 8
episode_joiner=3
episode part_fails 1 data_mlog 3
