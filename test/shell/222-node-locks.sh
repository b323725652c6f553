#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The node lock outlives its process and not its node; a proof of death comes after fencing, keeps
# the node out until it is released, and is refused as an alarm while the node is a member.
# rig: --cluster
# long
. "$RIG_SRC/test/shell/lib/clu.sh"
cluster_up
ct_start 1 -l
ct_start 2 -l
ct_start 3
ct_settle 1 2 3
ct_said 1 'node_lock held fresh' || die "node 1: lock not fresh"
ct 1 prove 3
ct_wait 1 10 'dead 3 EALREADY'		# 3 runs without locks

ct 3 quit
ct_wait 3 5 ' end$'

# a killed process: nobody gets its locks, the next one does
ct_start 3 -l
ct_settle 1 2 3
ct 3 own x
ct_wait 3 10 'owned x ok'
ct_kill 3
ct_settle 1 2
ct 1 own x
ct 2 prove 3
sleep 3
ct_said 1 owned && die "node 1 got what a process of a living node holds"
ct_said 2 'dead 3' && die "node 2 has proof of the death of a living node"
ct_start 3 -l
ct_wait 3 10 'node_lock held adopted'
ct 3 own x
ct_wait 3 5 'owned x ok'
ct_settle 1 2 3

# a dead node: only after fencing
fence_mode hold
crash 3
ct_settle 1 2
sleep 8
ct_said 1 owned && die "node 1 got what an unfenced node holds"
ct_said 2 'dead 3' && die "proof of death before fencing"
fence_mode ok
ct_wait 1 30 'owned x ok'
ct_wait 2 30 'dead 3 ok'
wait_for 20 'fencing of node 3' fenced 3

# it is back, but may not run before the proof is released
start 3
cluster_up
ct_start 3 -l
ct_view 3 20 'members=1,2,3 usable=0'
sleep 2
ct_said 3 node_lock && die "node 3 runs while its slot is being merged"
ct 2 release 3
ct_wait 3 10 'node_lock held fresh'
ct_settle 1 2 3

# left cleanly: everything is free at once, and the lockspace is left
ct 1 clean
ct_wait 1 10 ' end$'
ct 2 own x
ct_wait 2 10 'owned x ok'
ct 2 prove 1
ct_wait 2 10 'dead 1 ok'
on 1 test ! -e /sys/kernel/dlm/clutool
ct_start 1 -l
ct_view 1 20 'members=1,2,3 usable=0'
ct 2 release 1
ct_settle 1 2 3

# what a killed process held can be given up by name
ct_kill 2
ct_settle 1 3
ct_start 2 -l
ct_settle 1 2 3
ct 3 own x
sleep 2
ct_said 3 'owned x' && die "node 3 got what node 2 holds"
ct 2 disown x
ct_wait 3 10 'owned x ok'
