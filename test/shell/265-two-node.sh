#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --vg --nodes 2 --two-node
# Two nodes, cut apart under load: both have quorum, and only fencing decides.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M
wait_sync vg/data
episode two_node_partition
