#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without fencing: refused, or on demand a node counts as dead 60 s after it left.
# rig: --bare --no-fencing
# long
. "$RIG_SRC/test/shell/lib/clu.sh"
# corosync, dlm_controld and lvmlockd come up; cmirrord, where it is installed, refuses as it must
cluster_up || :
out=$(on 1 '/host/clutool -l 2>&1 < /dev/null' || :)
[[ $out == *"fencing is switched off"*CM_E_CLU_NO_FENCING* ]] || die "not refused: $out"
for n in 1 2 3; do ct_start $n -l -u; done
ct_settle 1 2 3
ct 1 fencing
ct_wait 1 5 'fencing off'
crash 3
ct_settle 1 2
ct 1 prove 3
sleep 45
ct_said 1 dead && die "proof before 60 s"
ct_wait 1 25 'dead 3 ok'
