#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# VGs and options a clustered mirror cannot have: sanlock, locks not started, no such VG, no space,
# too small a log, a name that is taken.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
check_refusal 1 'Volume group "none" not found' lvcreate -y -m1 -L 16M -n x none
check_refusal 1 'insufficient free space' lvcreate -y -m1 -L 100G -n x vg
check_refusal 1 'core or disk|disk or core' lvcreate -y -m1 -L 16M --mirrorlog mirrored -n x vg
check_refusal 1 'device number' lvcreate -y -m1 -L 16M -My --minor 99 -n x vg
check_refusal 1 'locks of lvmlockd' lvcreate -y -m1 -L 16M --nolocking -n x vg
check_refusal 1 'Invalid' lvcreate -y -m1 -L 16M -R 3k -n x vg
check_gone vg/x
on 1 lvcreate -qq -y -L 4M -n taken vg
check_refusal 1 'already exists' lvcreate -y -m1 -L 16M -n taken vg
[[ "$(get_lv 1 vg/taken lv_layout)" == linear ]] || die "the LV whose name was wanted is gone"

# locks not started here
on 2 vgchange --lock-stop vg
check_refusal 2 'n2: the locks of VG vg are not started: vgchange --lock-start vg' \
	lvcreate -y -m1 -L 16M -n x vg
check_refusal 1 'n2: locking of volume group vg is not started: vgchange --lock-?start vg' \
	lvcreate -y -m1 -L 16M -n x vg
on 2 vgchange --lock-start vg
check_gone vg/x

# the metadata of a VG with sanlock locks, written over a copy that nobody has open
on 1 lvremove -qq -y vg/taken
mirror old 16M -an
on_all vgchange --lock-stop vg
on 1 'vgcfgbackup -f /tmp/text vg > /dev/null
	sed -i "s/lock_type = \"dlm\"/lock_type = \"sanlock\"/" /tmp/text
	vgcfgrestore -q -y --nolocking -f /tmp/text vg > /dev/null 2>&1'
status=0
cure='VG vg has sanlock locks: .*vgchange --lock-type none vg, then --lock-type dlm'
check_refusal 1 "$cure" lvcreate -y -m1 -L 16M -n x vg || status=1
check_refusal 1 "$cure" lvchange -asy vg/old || status=1
check_inactive vg/old "1 2 3" || status=1
on 1 'sed -i "s/lock_type = \"sanlock\"/lock_type = \"dlm\"/" /tmp/text
	vgcfgrestore -q -y --nolocking -f /tmp/text vg > /dev/null 2>&1'
on_all vgchange -q -q --lock-start vg
[ $status = 0 ]
check_gone vg/x
