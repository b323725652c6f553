#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One node cannot take part: the line names it and the cure, and nothing is active anywhere.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -an

refused() { # refused TEXT: activation on all nodes ends so, and leaves no device and no LV lock
	check_refusal 1 "$1" lvchange -asy vg/data
	check_inactive vg/data "1 2 3"
	! on_all 'lvmlockctl -i | grep -E "LK LV (sh|ex)"' || check_say "an LV lock is left"
}

on 3 vgchange --lockstop vg
refused 'n3: locking of volume group vg is not started: vgchange --lockstart vg'
on 3 vgchange --lockstart vg

on 3 'pkill -9 -x clvmd'
wait_for 20 "a refusal" refused 'clvmd is not running on n3: start it'
on 3 clvmd

on 3 'kill -9 $(cat /run/cmirrord.pid)'
sleep 1
refused 'n3: cmirrord is not running: start it'
on 3 cmirrord

on 2 lvchange --addtag cmirror_new vg/data
refused 'vg/data is (still being made|left over)'
on 2 lvchange --deltag cmirror_new vg/data

on 2 lvchange -aey vg/data
check_refusal 1 'vg/data is active exclusively' lvchange -asy vg/data
check_inactive vg/data "1 3"
on 2 lvchange -an vg/data

wait_for 30 "activation" on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
on 3 "exec sleep 30 < /dev/vg/data > /dev/null 2>&1 &"
check_refusal 1 'n3: vg/data is in use \(open count 1\)' lvchange -an vg/data
check_active vg/data "1 2 3"
on 3 'pkill -x sleep'
on 1 lvchange -an vg/data
check_inactive vg/data "1 2 3"
