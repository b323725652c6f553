#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 3 --vg
# A partition: the minority is fenced, nobody of the majority is; the fence agent's test hooks.

quorate() { on "$1" corosync-quorumtool -s | grep -q '^Quorate: *Yes'; }

# commands go on over a cut network; the minority cannot fence the majority
fence_mode fail 3
cut 3
on 3 true
wait_for 30 'loss of quorum' fails quorate 3
wait_for 30 'a failed attempt' fence_log 'node 3: told to fail'
alive 3
fails fenced 3

# "late": repeated attempts go on, the node dies and the answer comes after the delay
fence_mode 'late 3' 3
wait_for 40 'fencing of the minority' fence_killed 3
fails alive 3
alive 1
alive 2
quorate 1
quorate 2

# the fenced node comes back into the mended cluster
heal
start 3
fence_mode ok 3
cluster_up
vg_up
quorate 3
on 3 lvcreate -q -an -n lv -L 4M vg
on 1 lvs vg/lv
fails fenced 1
fails fenced 2

# two halves of a cluster of three
partition "1" "2 3"
wait_for 30 'fencing of the other minority' fence_killed 1
alive 2
alive 3
