#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A log LV of one small extent has no room for ours: refused with what would help, nothing is left.
# rig: --cluster
. "$RIG_SRC/test/shell/lib/aux.sh"
on 1 'pvcreate -qq /dev/ubda /dev/ubdb /dev/ubdc
	vgcreate -qq --shared -s 64k small /dev/ubda /dev/ubdb /dev/ubdc'
on_all vgchange -q -q --lock-start small
check_refusal 1 'too small|space' lvcreate -y -m1 -L 16M -n x small
check_gone small/x
on 2 lvcreate -qq -y -m1 -L 16M --corelog -n x small
check_active small/x "1 2 3"
on 2 lvremove -qq -f small
