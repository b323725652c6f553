#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fencing switched off: cmirrord does not start, says why and what to do; lvcreate leaves nothing.
# rig: --bare --no-fencing
. "$RIG_SRC/test/shell/lib/aux.sh"
fails cluster_up
check_refusal 2 'fencing is switched off.*dlm.conf' cmirrord
vg_up
check_refusal 1 'cmirrord|clvmd' lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
