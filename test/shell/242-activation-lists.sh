#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# volume_list, auto_activation_volume_list and host tags of one node's lvm.conf mean for a clustered
# mirror what they mean for a stock LV beside it.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -an
on 1 lvcreate -qq -y -an -L 4M --type linear -n plain vg
on 2 cp /etc/lvm/lvm.conf /run/lvm.conf.orig

# conf [TEXT]: what node 2 has besides
conf() { on 2 "{ cat /run/lvm.conf.orig; echo '${1-}'; } > /etc/lvm/lvm.conf"; }
tags() { # tags WORD...: of both LVs
	local lv t
	for lv in data plain; do
		for t in $(get_lv 1 "vg/$lv" lv_tags | tr , " "); do
			on 1 lvchange -qq --deltag "$t" "vg/$lv"
		done
		for t; do on 1 lvchange -qq --addtag "$t" "vg/$lv"; done
	done
}
# expect yes|no OPTION: node 2 activates both LVs with it, or none, and succeeds in either case
expect() {
	local plain
	on 2 lvchange "$2" vg/plain
	on 2 lvchange "$2" vg/data
	plain=$(on 2 'dmsetup info -c --noheadings -o name vg-plain 2> /dev/null' || true)
	if [ "$1" = yes ]; then
		[ "$plain" = vg-plain ] || die "stock lvm does not activate vg/plain with $2"
		check_active vg/data 2
	else
		[ -z "$plain" ] || die "stock lvm activates vg/plain with $2"
		check_inactive vg/data 2
	fi
	on 2 lvchange -an vg/plain
	on 1 lvchange -an vg/data
}

expect yes -aay
conf 'activation { auto_activation_volume_list = [] }'
expect no -aay
on 2 vgchange -aay vg
check_inactive vg/data 2
expect yes -asy
conf 'activation { auto_activation_volume_list = [ "@*", "vg/data", "vg/plain" ] }'
expect yes -aay

conf 'activation { volume_list = [ "other", "@t1" ] }'
expect no -asy
tags t1
expect yes -asy

conf 'tags { hosttags = 1 }'
expect no -asy
tags t1 n2
expect yes -asy
conf 'tags { @blue { host_list = [ "n2" ] } @red { host_list = [ "n1" ] } }
	activation { volume_list = [ "@*" ] }'
expect no -asy
tags red
expect no -asy
tags blue
expect yes -asy

# All nodes are asked; the one whose lists say no stays out of it, and keeps out.
tags
on 1 lvchange -asy vg/data
check_active vg/data "1 3"
check_inactive vg/data 2
# lvcreate on such a node cannot wipe what it makes, nor stock lvcreate the log: nothing is left
check_refusal 2 'volume_list' lvcreate -y -m1 -L 8M -n new vg
check_gone vg/new
check_refusal 2 'volume_list .*do not allow vg/new' lvcreate -y -m1 --corelog -L 8M -n new vg
check_gone vg/new
conf
on 1 lvremove -qq -ff vg/plain
