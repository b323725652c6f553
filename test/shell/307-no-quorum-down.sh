#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A node without quorum takes a mirror down for itself, at once; everything else about it is refused
# in words. Its LV lock is given back when there is a quorum again, and the mirror stays down.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M
mirror used 16M
wait_sync vg/data
wait_sync vg/used
lv_locks() { on 3 'lvmlockctl -i | grep -cE "LK LV sh" || true'; }
in_time() { # in_time SECS COMMAND...
	local begin=$SECONDS secs=$1
	shift
	"$@"
	[ $((SECONDS - begin)) -lt "$secs" ] || die "$* took $((SECONDS - begin)) s"
}
[ "$(lv_locks)" = 2 ] || die "$(lv_locks) LV locks on node 3"

fence_mode hold
crash 1
crash 2
no_quorum() { on 3 "cmirrorctl dump" | has '^quorate=0'; }
wait_for 40 "loss of quorum on node 3" no_quorum

in_time 10 check_refusal 3 'no quorum: .*lvchange -aln' lvchange -an vg/data
check_active vg/data 3
on 3 "exec sleep 300 < /dev/vg/used > /dev/null 2>&1 & echo \$! > /run/holder"
in_time 20 check_refusal 3 'n3: vg/used is in use \(open count 1\)' lvchange -aln vg/used
check_active vg/used 3
in_time 20 on 3 lvchange -aln vg/data
check_inactive vg/data 3
in_time 20 on 3 lvchange -aln vg/data
[ "$(lv_locks)" = 2 ] || die "a lock was asked for without quorum"

# A new clvmd knows of it, too, and waits for nobody before it serves.
on 3 'kill $(cat /run/clvmd.pid)'
in_time 40 on 3 clvmd
check_inactive vg/data 3

fence_mode ok
start 1
start 2
cluster_up
vg_up
given_back() { [ "$(lv_locks)" = 1 ]; }
wait_for 60 "the LV lock of node 3" given_back
wait_for 60 "vg/used on all nodes" check_active vg/used "1 2 3"
on 1 lvchange -aly vg/data
sleep 8
check_inactive vg/data 3
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"

# What a node does before it is switched off: what is in use stays, with a line.
check_refusal 3 'vg/used stays active: .*in use' clvmd --deactivate-all
check_inactive vg/data 3
check_active vg/used 3
on 3 'kill $(cat /run/holder)'
on 3 clvmd --deactivate-all
check_inactive vg/used 3
check_active vg/used "1 2"
check_active vg/data "1 2"
! grep -H 'memory leak' "$RIG_DIR"/log/syslog-* || die "a worker forgot something"
