#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 3 --vg --ip 6
# corosync and DLM over IPv6.
for n in 1 2 3; do
	on $n corosync-quorumtool -s | grep -q '^Quorate: *Yes'
	on $n corosync-cfgtool -s | grep -q "addr.*fd77::$n"
	[ "$(on $n 'ip -4 -o addr show dev vec0 | wc -l')" = 0 ]
done
on 1 lvcreate -q -an -n lv -L 4M vg
[ "$(on 2 'lvs --noheadings -o name vg' | xargs)" = lv ]
