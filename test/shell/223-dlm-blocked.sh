#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# While a dead node waits for its fencing the DLM blocks whoever asks it: views and messages go on,
# and a process that ends meanwhile leaves its locks to the next one. At the start of the cluster
# the lockspace is joined only when the nodes that are not there have been fenced.
# rig: --cluster
# long
. "$RIG_SRC/test/shell/lib/clu.sh"
cluster_up
for n in 1 2 3; do ct_start $n -l; done
ct_settle 1 2 3
fence_mode hold
crash 3
ct_settle 1 2
wait_for 20 'recovery of the DLM' on 1 'dlm_tool ls | grep -q kern_stop'
ct 1 prove 3
ct 1 own y
sleep 1
ct 2 send hello
ct_wait 1 5 'msg from=2 hello'
ct 1 quit
ct_wait 1 5 ' end$'
ct_view 2 5 'members=2 '
fence_mode ok
wait_for 30 'fencing of node 3' fenced 3
ct_start 1 -l
ct_wait 1 20 'node_lock held adopted'
ct_settle 1 2

# all dead, two come back: node 3 is fenced before anybody has a lock
fence_mode hold
for n in 1 2; do crash $n; done
for n in 1 2; do start $n; done
on_each "1 2" corosync
both() { on "$1" "corosync-quorumtool -s | grep -q 'Total votes: *2'"; }
for n in 1 2; do wait_for 30 "membership on $n" both $n; done
on_each "1 2" 'dlm_controld 2> /dev/null'
for n in 1 2; do ct_start $n -l; done
ct_view 1 30 'members=1,2 usable=0 quorate=1'
ct 1 prove 3
sleep 12
ct_said 1 'node_lock|dead' && die "a lock before startup fencing"
fence_mode ok
ct_settle 1 2
ct_wait 1 20 'dead 3 ok'
