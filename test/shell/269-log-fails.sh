#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The log device fails under load: on one node, on all; and it comes back.
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M
wait_sync vg/data
episode part_fails 2 data_mlog 3
episode part_fails "1 2 3" data_mlog 3
episode_joiner=3
episode part_fails 1 data_mlog 3
