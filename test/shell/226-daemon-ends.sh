#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How cmirrord ends, and what the others make of it: cleanly with nothing active; by SIGTERM with a
# mirror active (as if killed); for too long (the node is fenced); its cluster software gone under
# it (it fences itself).
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
members() { on "$1" cmirrorctl --json status | grep -oE '"members":\[[0-9,]*\]' | head -n 1; }
has_members() { [ "$(members "$1")" = "\"members\":[$2]" ]; }
stop() {
	on "$1" 'kill -TERM $(cat /run/cmirrord.pid)
		while [ -e /run/cmirrord.pid ]; do sleep 0.1; done'
}

# nothing active: it leaves, without a trace
stop 3
wait_for 20 "two members" has_members 1 1,2
on 3 'ls /run/cmirror' | grep -E '^(log-|cmirrord)' && die "that is left in /run/cmirror"
cluster_up
wait_for 20 "three members" has_members 1 1,2,3

mirror data 48M
wait_sync vg/data
on_all 'mkdir -p /etc/cmirror && echo "daemon_return_timeout = 15" > /etc/cmirror/cmirror.conf'
for n in 1 2 3; do
	stop $n
	on $n 'ls /run/cmirror' | grep -q '^log-' || die "node $n: no file for its successor"
	cluster_up
done
on_all 'dd if=/dev/urandom of=/dev/vg/data bs=64k count=16 oflag=direct status=none'
check_active vg/data "1 2 3"
on 2 'cmirrorctl log' | grep -q 'taking them over' || die "node 2 took nothing over"

# away for too long
on 3 'kill -KILL $(cat /run/cmirrord.pid)'
wait_for 60 "fencing of node 3, whose cmirrord does not return" eval '! alive 3'
on 1 cmirrorctl log | grep -q 'having it fenced' ||
	on 2 cmirrorctl log | grep -q 'having it fenced' || die "nobody had it fenced"
wait_sync vg/data 120 1
start 3
cluster_up
vg_up
on 3 'cmirrorctl status' | grep -q 'No clustered mirror'

# corosync dies under an active mirror
corosync_dead() { # corosync_dead NODE
	wait_for 40 "the end of node $1, by itself or fenced" eval "! alive $1"
	wait_for 40 "the proof that node $1 is dead" fenced "$1"
}
on 2 'kill -KILL $(pidof corosync)' || : # the node may be gone before the answer
corosync_dead 2
start 2
cluster_up
vg_up
on 2 lvchange -asy vg/data

# the same, while cmirrord has a message to send, of a suspend: it ends by itself, with no core dump
on 2 'kill -STOP $(cat /run/cmirrord.pid)
	dmsetup suspend --noflush vg-data > /dev/null 2>&1 &
	sleep 1
	kill -KILL $(pidof corosync)
	kill -CONT $(cat /run/cmirrord.pid)' || :
corosync_dead 2
on 1 'dd if=/dev/urandom of=/dev/vg/data bs=64k count=16 oflag=direct status=none'
wait_sync vg/data 120 1
check_legs vg/data 1
