#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all
# What I/O costs with the module: nothing for a hot write or a read in sync, one write of the log
# for a batch of new marks. Counted by the module and cmirrord, and outside: netlink messages by
# nlmon, cluster messages by corosync, writes of the log by its device.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M -R 512k
wait_sync vg/data
on 2 'modprobe nlmon && ip link add nlmon0 type nlmon && ip link set nlmon0 up'
log_disk=$(on 2 'basename $(readlink -f /dev/mapper/vg-data_mlog)')

# around COMMAND...: on node 2; how many netlink messages, multicasts and log writes it took. All of
# it is one command there, so that nothing else is asked meanwhile.
around() {
	on 2 "count() {
		cat /sys/class/net/nlmon0/statistics/rx_packets
		corosync-cmapctl -m stats -g stats.srp.mcast_tx | sed 's/.*= //'
		awk '{ print \$5 }' /sys/block/$log_disk/stat
	}
	a=(\$(count))
	$*
	b=(\$(count))
	echo \$((b[0] - a[0])) \$((b[1] - a[1])) \$((b[2] - a[2]))"
}
quiet() { local took; took=$(around sleep 3); echo "$took"; [ "$took" = "0 0 0" ]; }
put() { echo "dd if=/dev/zero of=/dev/vg/data bs=$1 seek=$2 count=$3 oflag=direct status=none"; }
get() { echo "dd if=/dev/vg/data of=/dev/null bs=$1 skip=$2 count=$3 iflag=direct status=none"; }
stats() {
	local k
	for k in marks marks_hot mark_batches slot_writes module_news; do get_stat 2 $k; done
}
# expect WHAT WANT GOT
expect() {
	echo "$1: $3"
	[ "$2" = "$3" ] || die "$1: wanted '$2', got '$3'"
}
wait_for 40 "a quiet node 2" quiet

read -r marks0 hot0 batches0 writes0 news0 <<< "$(stats | xargs)"
expect "a cold write: netlink, multicasts, log writes" "0 0 1" "$(around "$(put 4k 2560 1)")"
expect "1000 hot writes" "0 0 0" "$(around "$(put 4k 2560 1); $(put 4k 2561 100);
	for i in 1 2 3 4 5 6 7 8 9; do $(put 4k 2561 100); done")"
expect "1000 reads in sync" "0 0 0" "$(around "$(get 4k 0 1000)")"
# 16 regions with one write: kmirrord has them all in one pass.
expect "8 MiB of cold writes at once" "0 0 1" "$(around "$(put 8M 0 1)")"
read -r marks1 hot1 batches1 writes1 news1 <<< "$(stats | xargs)"
expect "by the module: cold marks, batches, pages, news" "17 2 2 0" \
	"$((marks1 - marks0 - hot1 + hot0)) \
$((batches1 - batches0)) $((writes1 - writes0)) $((news1 - news0))"
on 2 ip link del nlmon0
