#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Mirrors of several region sizes ($CM_REGION_SIZES, else two); large ones start as --nosync.
. "$RIG_SRC/test/shell/lib/aux.sh"
kib() {
	case $1 in
	*k) echo "${1%k}" ;;
	*m) echo $((${1%m} << 10)) ;;
	*g) echo $((${1%g} << 20)) ;;
	esac
}
for size in ${CM_REGION_SIZES:-16k 4m}; do
	if [ "$(kib "$size")" -gt 16384 ]; then
		mirror data 2G --nosync -R "$size"
	else
		mirror data 24M -R "$size"
	fi
	[[ "$(get_table 2 vg/data)" == *" $(($(kib "$size") * 2)) "* ]] ||
		die "region size $size: $(get_table 2 vg/data)"
	writers_start /dev/vg/data 4 512 60
	writers_wait
	wait_sync vg/data 180
	writers_check 3 /dev/vg/data
	[ "$(kib "$size")" -gt 16384 ] || check_legs vg/data
	on 2 lvremove -qq -f vg/data
	rm -f "$RIG_DIR/writers"
done
