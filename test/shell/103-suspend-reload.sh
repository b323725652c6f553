#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Suspend, resume and reload under I/O: no error, nothing resynced, nothing lost.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 32M
disk leg1 32M
daemon_start
table=$(table_ours cmt-103 $log 1024 $leg0 $leg1)
mirror_make cmt "$table"
wait_synced cmt
verify write --dev /dev/mapper/cmt --area 0:4096 --seconds 8 --rate 300 > $T/journal &
writer=$!
for i in 1 2 3; do
	sleep 0.5
	dmsetup suspend --noflush --nolockfs cmt
	sleep 0.3
	dmsetup resume cmt
	sleep 0.5
	mirror_load cmt "$table"
	is_synced cmt || die "out of sync after a reload: $(synced cmt)"
done
wait $writer || die "the writer saw an error"
verify check --dev /dev/mapper/cmt --area 0:4096 --from $T/journal
mirror_remove cmt
legs_equal $leg0 $leg1
