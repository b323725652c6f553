#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all
# cmirrord dead for more than a minute under load: the writers of all nodes notice nothing. Dead
# together with another node that is the coordinator: recovery follows when it is back.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
kill_daemon() { on "$1" 'kill -KILL $(cat /run/cmirrord.pid)'; }
# No writer has waited for longer than this, ms: nodes of the rig share two processors.
slowest_ms=1500
no_pause() {
	local n ms
	for n in $1; do
		ms=$(sed -n 's/.*slowest \([0-9]*\) ms/\1/p' "$RIG_DIR/log/bg-write$n")
		echo "node $n: slowest write $ms ms"
		[ "$ms" -le $slowest_ms ] || die "node $n: a write waited $ms ms"
	done
}
coordinator() { get_status 1 coordinator; }

mirror data 48M
wait_sync vg/data
writers_start /dev/vg/data 75 2048 100
sleep 3
kill_daemon 2
for i in 1 2 3 4 5 6; do
	sleep 11
	check_active vg/data "1 2 3"
	# of a region that nobody has written before: its mark wants no daemon either
	on 2 "timeout 2 dd if=/dev/zero of=/dev/vg/data bs=4k count=1 seek=$((6144 + 400 * i)) \
		oflag=direct status=none" || die "a write to a cold region waits"
done
cluster_up
writers_wait 60
no_pause "1 2 3"
wait_for 30 "node 2 in the log again" eval '[ "$(get_status 2 members)" = 1,2,3 ]'
for n in 1 2 3; do writers_check $n /dev/vg/data; done

# the coordinator's node dies, and the cmirrord of another with it
first=$(coordinator)
dead=$((first % 3 + 1)) alive=$(((first + 1) % 3 + 1))
rm -f "$RIG_DIR/writers"
writers_start /dev/vg/data 30 2048 100
sleep 2
kill_daemon $dead
crash_fenced "$first"
sleep 10
cluster_up
writers_wait 60 "$dead $alive"
wait_sync vg/data 120 $dead
wait_sync vg/data 20 $alive
writers_check $dead /dev/vg/data
writers_check $alive /dev/vg/data
check_legs vg/data $dead
