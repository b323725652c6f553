#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Stock commands on other LVs of the VG work beside a clustered mirror; ours pass everything else
# on unchanged.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 24M
on 2 lvcreate -qq -y -L 8M -n lin vg
[[ "$(get_table 2 vg/lin)" == *linear* ]] || die "a linear LV was not left to stock lvm"
on 2 lvcreate -qq -y --type raid1 -m1 -L 8M -n r1 vg
[[ "$(get_lv 2 vg/r1 lv_layout)" == raid,raid1 ]] || die "--type raid1 did not make a raid1"
on 2 lvextend -qq -L +4M vg/lin
on 2 lvrename -qq vg lin lin2
on 2 lvchange --addtag some vg/data
[ "$(get_lv 1 vg/data lv_tags)" = some ] || die "no tag"
on 1 lvchange --deltag some vg/data
on 2 lvchange -an vg/lin2
on 2 lvremove -qq -y vg/lin2 vg/r1
check_active vg/data "1 2 3"
wait_sync vg/data
check_stock
# the same words, output and exit status as stock
for c in "lvcreate --nonsense" "lvcreate" "lvchange -an vg/none" "lvremove vg/none" \
	"vgchange -ay none" "lvcreate -L 1M" "lvcreate -L8T -n x vg" "lvchange -aqq vg/data" \
	"vgchange --help" "lvremove --version"; do
	a=$(on 2 "$c < /dev/null 2>&1; echo status $?") || true
	b=$(on 2 "lvm $c < /dev/null 2>&1; echo status $?") || true
	[ "${a/lvcreate: /}" = "${b/lvcreate: /}" ] || die "$c: ours: $a; stock: $b"
done
# a signal ends our question like that of stock lvm
begin=$SECONDS
on 2 "sleep 100 | lvremove vg/data & p=\$!
	while sleep 1 && kill -INT \$p; do :; done 2> /dev/null"
[ $((SECONDS - begin)) -lt 30 ] || die "SIGINT did not end the question"
check_active vg/data 2
