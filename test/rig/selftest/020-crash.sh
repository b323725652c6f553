#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 2 --corosync none
# Death and birth of nodes.

status_of() { local s=0; "$@" > /dev/null 2>&1 || s=$?; echo $s; }

# a crash ends commands with 255, leaves nothing, and the other node lives
on 2 'touch /tmp/former-life'
boot_id=$(on 2 cat /proc/sys/kernel/random/boot_id)
machine_id=$(on 2 cat /etc/machine-id)
ns=$(cat "$RIG_DIR/nodes/2.pidns")
[ -n "$(ns_pids "$ns")" ]
bg 2 writer dd if=/dev/urandom of=/dev/ubda bs=4k oflag=direct
sleep 1
crash 2
fails alive 2
[ -z "$(ns_pids "$ns")" ]
[ "$(status_of bg_wait writer 5)" = 255 ]
[ "$(status_of on 2 true)" = 255 ]
on 1 true
fails crash 2

# the check itself: a stranger with a disk open is seen, whoever it is
sleep 100 3<> "$RIG_DIR/mem/disk-a" &
fails node_left_nothing 2
kill $!
wait $! || true
node_left_nothing 2

# a fresh boot: same machine, same disks, nothing else
start 2
fails on 2 test -e /tmp/former-life
[ "$(on 2 cat /etc/machine-id)" = "$machine_id" ]
[ "$(on 2 cat /proc/sys/kernel/random/boot_id)" != "$boot_id" ]

# other ways to die: a panic, a reset (which is not followed by a boot), a power-off from inside
on 2 'echo c > /proc/sysrq-trigger' || true
wait_for 10 'end of a panicked node' fails alive 2
node_left_nothing 2
start 2
on 2 'echo b > /proc/sysrq-trigger' || true
wait_for 10 'end of a node that reset itself' fails alive 2
start 2
on 2 'echo o > /proc/sysrq-trigger' || true
wait_for 10 'end of a node switched off' fails alive 2
start 2

# a node that stands still is not dead
pause 2
bg 2 late echo still there
sleep 1
bg_runs late
resume 2
[ "$(bg_wait late 10)" = "still there" ]
crash 1
crash 2
