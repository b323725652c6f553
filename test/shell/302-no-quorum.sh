#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A node without quorum: creating is refused at once, in words, and leaves nothing.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M
wait_sync vg/data
fence_mode hold
cut 3
no_quorum() { on 3 "cmirrorctl dump" | has '^quorate=0'; }
wait_for 30 "loss of quorum on node 3" no_quorum
begin=$SECONDS
check_refusal 3 'quorum' lvcreate -y -m1 -L 16M -n x vg
[ $((SECONDS - begin)) -lt 20 ] || die "the refusal took $((SECONDS - begin)) s"
before=$(fencings 3)
crash 3
fence_mode ok
wait_for 40 "fencing of node 3" fenced_since 3 "$before"
heal 3
start 3
cluster_up
vg_up
check_gone vg/x
wait_sync vg/data
