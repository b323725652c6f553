#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A clvmd, a worker, a leader die in the middle of an operation: what was begun is taken back or
# finished, locks are given back, running mirrors are left alone.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -an

workers() { # workers NODE VERB: pids
	on "$1" "ps -C clvmd-worker -o pid=,args= | awk '\$4 == \"$2\" { print \$1 }'"
}
no_locks() { ! on_each "$(rig_live)" 'lvmlockctl -i | grep -E "LK LV (sh|ex)"'; }

# a worker is killed while it asks a cmirrord that does not answer
on 2 'kill -STOP $(cat /run/cmirrord.pid)'
bg 1 up lvchange -asy vg/data
wait_for 10 "a worker" eval '[ -n "$(workers 2 activate)" ]'
on 2 "kill -9 $(workers 2 activate); kill -CONT \$(cat /run/cmirrord.pid)"
fails bg_wait up 60
wait_for 20 "the end of it" check_inactive vg/data "1 2 3"
wait_for 20 "free LV locks" no_locks
wait_for 30 "activation" on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"

# a clvmd is killed and comes back: mirrors go on, and it knows them
writers_start /dev/vg/data 12 512
on 2 'pkill -9 -x clvmd; sleep 1; clvmd'
on 3 'pkill -x clvmd; sleep 1; clvmd'
wait_for 20 "all nodes in clvmd's table" on 1 lvchange -asy vg/data
writers_wait
on 1 lvchange -an vg/data
check_inactive vg/data "1 2 3"
on 1 lvchange -asy vg/data

# the leader of an operation dies while a node takes its time
on 2 "exec sleep 4 < /dev/vg/data > /dev/null 2>&1 &"
bg 1 down lvchange -an vg/data
wait_for 10 "a worker" eval '[ -n "$(workers 2 deactivate)" ]'
crash 1
wait_for 60 "fencing of node 1" fenced 1
wait_for 30 "the end of the workers" eval '[ -z "$(workers 2 deactivate)$(workers 3 deactivate)" ]'
check_active vg/data "2 3"
sleep 4
on 3 lvchange -an vg/data
check_inactive vg/data "2 3"
start 1
cluster_up
vg_up
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
wait_sync vg/data
on 1 lvchange -an vg/data
