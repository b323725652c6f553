#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL of cmirrord under load, several times: writers wait, see no error, and nothing is lost
# or copied anew.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 32M
disk leg1 32M
daemon_start
mirror_make cmt "$(table_ours cmt-105 $log 1024 $leg0 $leg1)"
wait_synced cmt
verify write --dev /dev/mapper/cmt --area 0:8192 --seconds 12 > $T/journal &
writer=$!
for i in 1 2 3; do
	sleep 1.5
	daemon_kill9
	sleep 0.3
	daemon_start
done
wait $writer || die "the writer saw an error"
verify check --dev /dev/mapper/cmt --area 0:8192 --from $T/journal
is_synced cmt || die "out of sync after restarts: $(synced cmt)"
mirror_remove cmt
legs_equal $leg0 $leg1
