#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --nosync: in sync at once, said once: nothing in the metadata repeats it.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 32M --nosync
check_synced vg/data 1
check_synced vg/data 3
on 1 lvchange -an vg/data
on 1 lvchange -ay vg/data
check_synced vg/data 2
on 1 "vgcfgbackup -f /tmp/text vg > /dev/null; ! grep -q NOTSYNCED /tmp/text" ||
	die "NOTSYNCED is in the metadata"
writers_start /dev/vg/data 4 1024 100
writers_wait
writers_check 2 /dev/vg/data
check_refusal 1 'core log' lvcreate -m1 -L 8M --corelog --nosync -n x vg
check_gone vg/x
