#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 2 --vg --two-node
# two_node: who survives stays quorate; of two that fence each other only one dies.
quorate() { on "$1" corosync-quorumtool -s | grep -q '^Quorate: *Yes'; }
partition 1 2
wait_for 40 'a fencing' grep -q running "$RIG_DIR/log/fence"
sleep 5
[ "$(rig_live | wc -l)" = 1 ]
quorate "$(rig_live)"
