#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No lvmlockd where the command runs, or on another node: one line, nothing is left.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M -an
on 3 'vgchange -q -q --lock-stop vg
	kill $(pgrep -x lvmlockd); until ! pgrep -x lvmlockd > /dev/null; do sleep 0.1; done'
cure='lvmlockd is not running: start it'
check_refusal 1 "n3: $cure" lvcreate -y -m1 -L 16M -n x vg
check_refusal 1 "n3: $cure" lvchange -asy vg/data
check_refusal 3 "n3: $cure" lvcreate -y -m1 -L 16M -n x vg
check_refusal 3 "n3: $cure" lvchange -asy vg/data
check_inactive vg/data "1 2 3"
check_inactive vg/x "1 2 3"
cluster_up
on 3 vgchange -q -q --lock-start vg
check_gone vg/x
wait_for 30 "activation" on 3 lvchange -asy vg/data
check_active vg/data "1 2 3"
