#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Names, uuids, tables of the parts, dependencies, links and udev's properties are what stock lvm
# makes.
. "$RIG_SRC/test/shell/lib/aux.sh"

look() { # look NAME: everything but the mirror's own table line
	on 1 "dmsetup info -c --noheadings -o name,uuid,attr | sort
		dmsetup table | grep -v ': 0 [0-9]* mirror ' | sort
		dmsetup deps -o devname | sort
		cd /dev; ls -l mapper vg | awk '{ print \$9, \$10, \$11 }' | sort
		for d in dm-*; do udevadm info -q property /dev/\$d |
			grep -E '^(DM_NAME|DM_UUID|DM_UDEV_DISABLE.*|DEVLINKS)=' |
			tr ' =' '\n\n' | sort; done"
}

compare() { # compare NAME LVCREATE-OPTIONS
	local name=$1 stock ours
	shift
	on 1 lvcreate -y -an -L 16M -n "$name" "$@" vg
	on 1 lvchange -aey "vg/$name"
	stock=$(look "$name")
	on 1 lvchange -an "vg/$name"
	on 1 lvchange -asy "vg/$name"
	wait_sync "vg/$name"
	on 1 udevadm settle
	ours=$(look "$name")
	[ "$stock" = "$ours" ] || { diff <(echo "$stock") <(echo "$ours"); die "$name differs"; }
	check_active "vg/$name" 1
	on 1 lvchange -an "vg/$name"
}

compare d-ata -m1
compare co_re -m1 --mirrorlog core
compare three -m2
