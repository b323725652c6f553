#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lvcreate -m1 in a shared VG: active everywhere, in sync everywhere, and stock commands agree.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 64M
check_active vg/data "1 2 3"
wait_sync vg/data
for n in 1 2 3; do
	wait_sync vg/data 20 "$n"
	[[ "$(get_lv "$n" vg/data lv_attr)" == mwi-a-m--- ]] ||
		die "node $n: lv_attr $(get_lv "$n" vg/data lv_attr)"
	[ "$(get_lv "$n" vg/data lv_active_locally)" = "active locally" ] ||
		die "node $n: lvs says inactive"
	on "$n" "dmsetup status vg-data" | has ' 32/32 1 AA ' ||
		die "node $n: $(on "$n" dmsetup status vg-data)"
	uuid=$(get_lv "$n" vg/data lv_uuid)
	on "$n" "lvmlockctl -i | grep -F $uuid" | has 'LK LV sh' ||
		die "node $n: no sh lock of the LV"
	on "$n" "test -b /dev/vg/data"
done
[ -z "$(get_lv 1 vg/data lv_tags)" ] || die "a tag is left: $(get_lv 1 vg/data lv_tags)"
check_legs vg/data
check_stock
# the start is zero
[ "$(on 2 "head -c 4096 /dev/vg/data | tr -d '\\0' | wc -c")" = 0 ] ||
	die "the start of the LV is not zeroed"

# not without a question
fails on 2 "lvremove vg/data < /dev/null"
check_active vg/data "1 2 3"
on 2 lvremove -y vg/data
check_gone vg/data
