#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all --size 1G --script-time 800
# A new mirror while every node writes to all of it at random, as fast as it can: at least half of
# what they write when it is in sync, nothing lost, and the sync ends.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
window_s=3 after=8

# In windows: the share in sync before, writes, their slowest, the share after.
writer() {
	echo "percent() { lvs --noheadings -o copy_percent vg/data | tr -d ' '; }
	now=\$(percent)
	while [ ! -e /host/stop ]; do
		before=\$now
		verify write --dev /dev/vg/data --seed $1 --area $((1023 + $1)):$blocks:3 \
			--seconds $window_s --from /tmp/journal > /tmp/window || exit 1
		grep '^a' /tmp/window >> /tmp/journal
		now=\$(percent)
		echo \$before \$(sed -n 's/^# \([0-9]*\) writes, slowest \([0-9]*\) ms/\1 \2/p' \
			/tmp/window) \$now
	done"
}
# median COLUMN CONDITION: of all nodes' windows; \$1 before, \$2 writes, \$3 slowest, \$4 after
median() {
	cat "$RIG_DIR"/log/bg-w[123] | awk "$2 { print \$$1 }" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] + 0 }'
}
windows() { awk '$1 == 100' "$RIG_DIR/log/bg-w$1" | wc -l; }

on_all 'rm -f /host/stop; : > /tmp/journal'
mib=960 blocks=$((960 * 256))
bg 1 create lvcreate -y -m1 -L ${mib}M -n data vg
for n in 1 2 3; do
	wait_for 60 "vg/data on node $n" on "$n" test -b /dev/vg/data
	bg "$n" "w$n" "$(writer "$n")"
done
began=$SECONDS
wait_sync vg/data 600
echo "in sync after $((SECONDS - began)) s of writes"
wait_for 120 "windows in sync" eval '[ "$(windows 1)" -ge $after ]'
on 1 touch /host/stop
bg_wait create 10
for n in 1 2 3; do bg_wait "w$n" 60 > /dev/null || die "node $n: a writer failed"; done
for n in 1 2 3; do
	on "$n" verify check --dev /dev/vg/data --seed "$n" --area $((1023 + n)):$blocks:3 \
		--from /tmp/journal
done
check_legs vg/data

during=$(median 2 '$4 < 100') in_sync=$(median 2 '$1 == 100')
echo "slowest write, ms, median of the windows: $(median 3 '$4 < 100') in the sync," \
	"$(median 3 '$1 == 100') after it"
echo "writes in $window_s s: $during in the sync, $in_sync after it:" \
	"$(awk "BEGIN { printf \"%.2f\", $during / $in_sync }")"
[ $((during * 2)) -ge "$in_sync" ] || die "less than half"
