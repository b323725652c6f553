#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A table with another region size, loaded by hand on one node, is not served; nor is metadata that
# says another one than the log in use; the others go on.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -R 512k
wait_sync vg/data
on 3 lvchange -aln vg/data
table=$(get_table 1 vg/data)
ranges() { get_lv 1 "vg/$1" seg_pe_ranges; }
part() { # part LV: makes it on node 3 under a name of the test
	local r disk pe
	r=$(ranges "$1")
	disk=${r%%:*} pe=${r##*:}
	on 3 "dmsetup create t_$1 --table '0 $2 linear $disk $((2048 + ${pe%-*} * 8192))'"
	on 3 "dmsetup info -c --noheadings -o major,minor t_$1"
}
log=$(part data_mlog 8192) a=$(part data_mimage_0 32768) b=$(part data_mimage_1 32768)
# The log's words, which are those of node 3's client.
read -r _ _ _ _ _ uuid _ <<< "$table"
words="userspace 4 $uuid clustered-disk $log 2048"
[ "$(get_status 3 client)" != kmod ] || words="cmirror-disk 3 $uuid $log 2048"
line="0 32768 mirror $words 2 $a 0 $b 0 1 handle_errors"
# Loading a table cannot read the log yet; starting it is answered, and the log refuses to serve.
on 3 "timeout 60 dmsetup create t_data --table '$line'" || true
refused() { on 3 cmirrorctl dump | has '^state=refused'; }
status=0
wait_for 45 "refusal on node 3" refused || status=1
on 3 cmirrorctl log | sed -n '/refus/p'
on 3 'timeout 60 dmsetup remove --force --retry t_data
	for d in mlog mimage_0 mimage_1; do
		dmsetup remove --retry t_data_$d
	done' 2> /dev/null || true
[ $status = 0 ] || die "a table of another region size was served"
on 1 verify write --dev /dev/vg/data --area 0:512 --seconds 2 --rate 100 > /dev/null
check_synced vg/data 1

on 1 'vgcfgbackup -f /tmp/text vg > /dev/null
	sed "s/region_size = 1024/region_size = 2048/" /tmp/text > /tmp/other
	! cmp -s /tmp/text /tmp/other
	vgcfgrestore -q -y --nolocking -f /tmp/other vg > /dev/null 2>&1'
status=0
check_refusal 1 'n3: log vg/data_mlog: in use with 32 regions of 1024 sectors,' \
	lvchange -asy vg/data || status=1
on 1 'vgcfgrestore -q -y --nolocking -f /tmp/text vg > /dev/null 2>&1'
check_inactive vg/data 3
check_active vg/data "1 2"
[ $status = 0 ]
on 3 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_synced vg/data 3
