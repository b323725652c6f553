#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 3
# A persistent DLM lock of a crashed node goes to a survivor after the proof of death, not before.

"${CC:-cc}" -Wall -Wextra -Werror -D_REENTRANT -o "$RIG_DIR/bin/hold" \
	"$RIG_BASE/selftest/hold.c" -ldlm -lpthread
log() { cat "$RIG_DIR/log/bg-$1"; }
says() { [ "$(log "$1")" = "$2" ]; }
asked() { compgen -G "$RIG_DIR/fence/*-$1-*.req" > /dev/null; }

cluster_up
fails grep -q running "$RIG_DIR/log/fence"	# nobody was fenced by the start itself

bg 2 owner /host/bin/hold R take
wait_for 20 'the lock' says owner granted
bg 1 waiter /host/bin/hold R wait
bg 3 bystander /host/bin/hold other take
wait_for 20 'the lockspace on all nodes' says bystander granted
[ "$(on 3 /host/bin/hold R try || true)" = busy ]

# an ordinary death of the process frees nothing
on 2 'pkill -9 hold'
bg_wait owner 5 > /dev/null || true
[ "$(on 3 /host/bin/hold R try || true)" = busy ]

fence_mode hold 2
crash 2
wait_for 30 'a request for fencing' asked 2
sleep 3
says waiter ""
fails fenced 2
fence_mode ok 2
wait_for 10 'fencing' fenced 2
wait_for 20 'the lock of the dead node' says waiter granted
fails fence_killed 2

# the fenced node comes back afresh, and takes part again
start 2
cluster_up
[ "$(on 2 /host/bin/hold R try || true)" = busy ]
