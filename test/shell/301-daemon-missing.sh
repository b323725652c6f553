#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No cmirrord on one node, no clvmd on one, no clvmd here: one clear line each, and nothing is left.
. "$RIG_SRC/test/shell/lib/aux.sh"
on 2 'kill $(cat /run/cmirrord.pid); until ! pgrep -x cmirrord > /dev/null; do sleep 0.1; done'
check_refusal 1 'n2: cmirrord is not running: start it' lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
cluster_up

on 3 'kill $(pgrep -x clvmd); until ! pgrep -x clvmd > /dev/null; do sleep 0.1; done'
check_refusal 3 'clvmd does not run on this node, n3: start it' lvcreate -y -m1 -L 16M -n x vg
check_refusal 3 'clvmd does not run on this node' lvcreate -y --type mirror -L 16M -n x vg
check_refusal 1 '^ *clvmd is not running on n3: start it there' lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
# other LVs are nobody's business
on 3 lvcreate -qq -y -L 4M -n lin vg
on 3 lvremove -qq -y vg/lin
cluster_up
mirror x 16M
check_active vg/x "1 2 3"
