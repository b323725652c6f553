#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A write of a hot region: no cluster message, no write of the log. The first write of a clean one:
# one write of the log, no message. Counted by cmirrorctl, by the log device's I/O counters and by
# corosync (what node 2 multicast for any process, membership apart).
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M
wait_sync vg/data
log_disk=$(on 2 'basename $(readlink -f /dev/mapper/vg-data_mlog)')
log_writes() { on 2 "awk '{ print \$5 }' /sys/block/$log_disk/stat"; }
mcast_tx() { on 2 "corosync-cmapctl -m stats -g stats.srp.mcast_tx" | awk '{ print $NF }'; }
all() {
	local k
	for k in slot_writes oos_writes sb_writes sent_msgs; do echo -n "$(get_stat 2 $k) "; done
	echo "$(mcast_tx) $(log_writes)"
}
quiet() { local a; a=$(all); sleep 3; [ "$a" = "$(all)" ]; }
put() { on 2 dd if=/dev/zero of=/dev/vg/data bs=4k count="$2" seek="$1" oflag=direct status=none; }
wait_for 40 "a quiet log" quiet

read -r slot0 oos0 sb0 msgs0 cast0 dev0 <<< "$(all)"
put 2560 1
read -r slot1 oos1 sb1 msgs1 cast1 dev1 <<< "$(all)"
[ $((slot1 - slot0)) = 1 ] || die "first write: $((slot1 - slot0)) slot writes"
[ "$oos1 $sb1" = "$oos0 $sb0" ] || die "first write: other pages of the log were written"
[ "$msgs1" = "$msgs0" ] || die "first write: $((msgs1 - msgs0)) messages"
[ "$cast1" = "$cast0" ] || die "first write: corosync multicast $((cast1 - cast0)) messages"
[ $((dev1 - dev0)) = 1 ] || die "first write: the log device counts $((dev1 - dev0)) writes"

put 2561 100
read -r slot2 oos2 sb2 msgs2 cast2 dev2 <<< "$(all)"
[ "$slot2 $oos2 $sb2 $msgs2 $cast2 $dev2" = "$slot1 $oos1 $sb1 $msgs1 $cast1 $dev1" ] ||
	die "100 hot writes: before $slot1 $oos1 $sb1 $msgs1 $cast1 $dev1," \
		"after $slot2 $oos2 $sb2 $msgs2 $cast2 $dev2"
