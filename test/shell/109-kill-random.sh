#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL of cmirrord at random moments under reads and writes, soon after its start too, with
# absences longer than the kernel's 15 s and than the 30 s after which what waits is thrown away:
# no I/O error, nothing lost, nothing copied, legs equal.
# long
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 32M
disk leg1 32M
daemon_start
mirror_make cmt "$(table_ours cmt-109 $log 64 $leg0 $leg1)"
wait_synced cmt
holder=$(pgrep -x cm-holder)
touch $T/go
verify write --dev /dev/mapper/cmt --area 0:8192 --seconds 110 --rate 200 > $T/journal &
writer=$!
while [ -e $T/go ]; do
	dd if=/dev/mapper/cmt of=/dev/null bs=4k count=1 skip=$((RANDOM % 8192)) iflag=direct \
		status=none || touch $T/failed
	sleep 0.05
done &
reader=$!

for away in 0 0.1 0.5 17 0 0.3 34 0.2 0 0 0.1; do
	sleep "$((RANDOM % 4)).$((RANDOM % 10))"
	daemon_kill9
	sleep $away
	daemon_start
	now=$(pgrep -x cm-holder) || true
	[ "$now" = "$holder" ] || die "the holder was process $holder, is $now"
done
# it may be killed, too, while cmirrord lives
kill -KILL $holder
another() {
	local h
	h=$(pgrep -x cm-holder) && [ "$h" != "$holder" ] && [ -S /run/cmirror/holder.sock ]
}
until_true 10 "another holder" another
sleep 0.5
daemon_kill9
sleep 3
daemon_start

wait $writer || die "the writer saw an error"
rm $T/go
wait $reader
[ ! -e $T/failed ] || die "the reader saw an error"
verify check --dev /dev/mapper/cmt --area 0:8192 --from $T/journal
is_synced cmt || die "out of sync: $(synced cmt)"
[ "$(daemon_stat regions_resynced)" = 0 ] || die "regions were copied"
mirror_remove cmt
legs_equal $leg0 $leg1
daemon_stop
[ -z "$(pgrep -x cm-holder)" ] || die "a holder is left with nothing active"
[ ! -e /run/cmirror/holder.sock ] || die "its socket is left"
