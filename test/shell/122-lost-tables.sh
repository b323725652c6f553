#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stock client
# Tables that went, or were replaced, while neither cmirrord nor its holder heard of it: the next
# cmirrord takes them for nothing that still runs.
# long
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 8M
disk leg1 8M
both_kill9() {
	local h
	h=$(pgrep -x cm-holder)
	kill -STOP "$daemon_pid" # it would start another
	kill -KILL "$h"
	daemon_kill9
	until_true 5 "the end of the holder" eval "! pgrep -x cm-holder > /dev/null"
}
table=$(table_ours cmt-122 $log 1024 $leg0 $leg1)

say "replaced"
daemon_start
mirror_make cmt "$table"
wait_synced cmt
# else its kernel thread would ask in the middle of the suspend, which then waits for ever
dd if=/dev/zero of=/dev/mapper/cmt bs=4k count=1 oflag=direct status=none
sleep 8
dmsetup load cmt --table "$table"
both_kill9
dmsetup suspend --noflush --nolockfs cmt
# udev reads it, which waits for a daemon
dmsetup resume --noudevsync cmt
daemon_start
verify write --dev /dev/mapper/cmt --area 0:2048 --seconds 5 --rate 100 > $T/journal
verify check --dev /dev/mapper/cmt --area 0:2048 --from $T/journal
dropped() { cmirrorctl log | grep -q "1 tables of it went while no cmirrord ran"; }
until_true 60 "the end of the former table" dropped
# the next one waits for one instance only
daemon_kill9
daemon_start
taken_over() { cmirrorctl log | grep -q "a former cmirrord left 1 active mirrors"; }
taken_over || die "it waits for more than the one table there is"
verify check --dev /dev/mapper/cmt --area 0:2048 --from $T/journal

say "gone"
both_kill9
mirror_remove cmt
daemon_start
[ -z "$(ls /run/cmirror | grep '^log-' || true)" ] || die "its file is still there"
legs_equal $leg0 $leg1
