#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A leg fails under load: on one node, on all; and it comes back.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M -R 4k
wait_sync vg/data
episode part_fails 2 data_mimage_1 3
episode part_fails "1 2 3" data_mimage_1 3
# The primary one, on all nodes at once: a stock client that has not noticed writes a region that is
# out of sync to that leg alone, and its kernel gives the error to the writer (invariants.md, G5).
[ "$RIG_MODULE" != all ] || episode part_fails "1 2 3" data_mimage_0 3
episode_joiner=3
episode part_fails 1 data_mimage_0 3
