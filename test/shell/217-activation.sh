#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The forms of -a, vgchange, and what a node that joins later activates.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -an
check_inactive vg/data "1 2 3"
# one wrong name among others: told in stock lvm's words, and the rest is done
check_refusal 1 'Failed to find logical volume "vg/nope"' lvchange -asy vg/data vg/nope
check_active vg/data "1 2 3"
# vgchange takes VGs only
check_refusal 1 'Invalid volume group name' vgchange -an vg/data
check_active vg/data "1 2 3"
on 1 lvchange -an vg/data
mirror keep 16M
on 1 lvchange -an vg/keep
on 1 lvchange --setautoactivation n vg/keep
on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
on 1 lvchange -ay vg/data
on 2 lvchange -aln vg/data
check_inactive vg/data 2
on 2 lvchange -aay vg/data
check_active vg/data "1 2 3"
on 2 vgchange -an vg
check_inactive vg/data "1 2 3"
on 1 vgchange -aay vg
check_active vg/data 1
check_inactive vg/keep 1
on 1 vgchange -asy vg
check_active vg/data "1 2 3"
check_active vg/keep "1 2 3"
on 1 lvchange -an vg/keep
# in use: refused, by name, and nothing changes
on 3 "sleep 8 < /dev/vg/data > /dev/null 2>&1 &"
check_refusal 1 'n3' lvchange -an vg/data
check_active vg/data "1 2 3"
crash_fenced 2
wait_sync vg/data 60 1
start 2
cluster_up
vg_up
wait_for 30 "activation on the new node" check_active vg/data 2
check_inactive vg/keep 2
