#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Partition and merge without DLM (no fencing, so both sides live): the minority is not usable, and
# after the merge all agree again; also when a node was only asleep.
# rig: --bare --no-fencing
. "$RIG_SRC/test/shell/lib/clu.sh"
# corosync alone: with dlm_controld the merged side would be killed
on_all 'pgrep -x corosync > /dev/null || corosync'
all_there() { [ "$(on 1 "corosync-quorumtool -s | awk '/^Total votes:/ { print \$3 }'")" = 3 ]; }
wait_for 30 'corosync on three nodes' all_there
for n in 1 2 3; do ct_start $n; done
ct_settle 1 2 3
for n in 1 2 3; do ct $n flood 3000 300; done
partition "1 2" "3"
ct_view 3 30 'members=3 usable=0 quorate=0'
ct_settle 1 2
ct_said 3 'members=3 usable=1' && die "the minority was usable"
heal
ct_settle 1 2 3
partition "1" "2 3"
ct_settle 2 3
ct_view 1 30 'members=1 usable=0 quorate=0'
on 2 'kill -STOP $(pgrep -x corosync)'
ct_view 3 30 'members=3 usable=0'
on 2 'kill -CONT $(pgrep -x corosync)'
heal
ct_settle 1 2 3
ct_check_cuts
# out with node 3
ct 1 kill 3
ct_settle 1 2
ct_wait 3 10 ' lost '
