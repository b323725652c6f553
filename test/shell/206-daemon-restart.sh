#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL of cmirrord on a busy node and its restart: no I/O error on any node, nothing lost.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 48M
wait_sync vg/data
writers_start /dev/vg/data 20 2048 100
for n in 2 1 3; do
	sleep 3
	on $n 'kill -KILL $(cat /run/cmirrord.pid)'
	sleep 1
	cluster_up
done
writers_wait 90
wait_sync vg/data
for n in 1 2 3; do writers_check $n /dev/vg/data; done
check_legs vg/data
