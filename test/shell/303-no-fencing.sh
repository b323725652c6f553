#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fencing switched off: refused by name, with the cure; nothing is left.
# rig: --no-fencing --cluster
. "$RIG_SRC/test/shell/lib/aux.sh"
vg_up
check_refusal 1 'fencing' lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
