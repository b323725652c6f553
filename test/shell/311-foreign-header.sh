#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A log device with another header than the kernel's or ours, or with a torn one: one line names the
# nodes, the log and the cure; nothing is active anywhere. The cure works.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M
wait_sync vg/data
ranges=$(get_lv 1 vg/data_mlog seg_pe_ranges)
pe=${ranges##*:}
disk=${ranges%%:*} first=$(((1 + ${pe%-*} * 4) * 256))

# In blocks of 4 KiB of the log, which has 1024 of them; superblocks: 1008 and 992.
log_save() { on 1 "dd if=$disk of=/host/log.img bs=4k skip=$first count=1024 iflag=direct"; }
log_restore() { on 1 "dd if=/host/log.img of=$disk bs=4k seek=$first oflag=direct"; }
log_spoil() { # log_spoil BLOCK [BYTE]: rubbish there
	local at=$(((first + $1) * 4096 + ${2-0})) len=4096
	[ $# = 1 ] || len=1
	on 1 "head -c $len /dev/zero | tr '\0' '\245' |
		dd of=$disk bs=$len seek=$at oflag=seek_bytes conv=notrunc,fsync"
}
refused() { # refused NODES TEXT MODE NODE: one line
	local out status=0
	out=$(on "$4" lvchange "$3" vg/data 2>&1) || status=$?
	echo "refused: $out"
	[ $status = 5 ] || check_say "status $status" || return 1
	grep -qE "^ *$1: log vg/data_mlog: $2.*lvchange --resync vg/data" <<< "$out" ||
		check_say "no '$2' of $1" || return 1
	[ "$(wc -l <<< "$out")" = 1 ] || check_say "more than a line" || return 1
	check_inactive vg/data "1 2 3"
	! on_all 'lvmlockctl -i | grep -E "LK LV (sh|ex)"' || check_say "an LV lock is left"
}
resynced() { # everything is copied, also what the log never knew of
	plant 2 vg/data_mimage_1 5
	on 1 lvchange -asy vg/data
	check_active vg/data "1 2 3"
	wait_sync vg/data
	! planted 2 || die "not everything was copied"
	check_legs vg/data
	on 1 lvchange -an vg/data
}

log_save 2> /dev/null		# as a crash of all nodes leaves it
on 1 lvchange -an vg/data
log_spoil 0 2> /dev/null
refused 'n1, n2, n3' 'no header of a mirror log \(it begins with a5a5a5a5\)' -asy 1
refused n2 'no header' -aly 2
on 3 lvchange --resync vg/data
check_inactive vg/data "1 2 3"
resynced

log_restore 2> /dev/null
log_spoil 0 8 2> /dev/null
refused 'n1, n2, n3' 'the header is torn' -asy 3
log_restore 2> /dev/null
log_spoil 1008 2> /dev/null
log_spoil 992 2> /dev/null
refused 'n1, n2, n3' 'both superblocks are torn' -asy 3

# wiped, as stock lvchange --resync does it
on 1 "dd if=/dev/zero of=$disk bs=4k seek=$first count=1024 oflag=direct" 2> /dev/null
resynced

# one torn superblock is an ordinary crash
log_restore 2> /dev/null
log_spoil 992 2> /dev/null
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
wait_sync vg/data
check_legs vg/data
