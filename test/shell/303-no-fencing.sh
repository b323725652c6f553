#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fencing switched off: cmirrord does not start, says why and what to do; lvcreate says the same and
# leaves nothing, with clvmd and without.
# rig: --bare --no-fencing
. "$RIG_SRC/test/shell/lib/aux.sh"
fails cluster_up
check_refusal 2 'fencing is switched off.*dlm.conf' cmirrord
vg_up
check_refusal 1 'clvmd does not run on this node, n1: start it' lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
on_all clvmd
cure='fencing is switched off: set enable_fencing=1 in dlm.conf'
wait_for 20 "the refusal" check_refusal 1 "n1: $cure" lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
