#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --script-time 3000
# long
# Random faults under load, one after the other, for CM_SOAK_S seconds (120), from a seed that is
# printed (CM_SEED): nodes, daemons, network, legs and log fail, with and without a joiner.
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
soak_s=${CM_SOAK_S:-120}
seed=${CM_SEED:-$((SRANDOM % 100000))}
RANDOM=$seed
echo "CM_SEED=$seed CM_SOAK_S=$soak_s"

pick() { # pick WORD...: one of them, in $picked
	local i=$((RANDOM % $#))
	shift $i
	picked=$1
}

other() { rig_ids | grep -vx "$1" | tr '\n' ' ' | sed 's/ $//'; }

soak_fault() {
	local kind node nodes
	pick coordinator_dies two_die all_die partition corosync_dies daemon_dies \
		daemon_dies_often clvmd_dies pause leg log
	kind=$picked
	pick $(rig_ids)
	node=$picked
	pick "$node" "1 2 3"
	nodes=$picked
	case $kind in
	two_die) set -- two_die $(other "$node") ;;
	partition) set -- partition "$node" "$(other "$node")" ;;
	corosync_dies | clvmd_dies) set -- $kind "$node" ;;
	daemon_dies) set -- $kind "$node" $((1 + RANDOM % 4)) ;;
	daemon_dies_often) set -- $kind "$node" $((3 + RANDOM % 5)) ;;
	pause) set -- pause "$node" $((1 + RANDOM % 3)) ;;
	leg) set -- part_fails "$nodes" data_mimage_1 $((1 + RANDOM % 4)) ;;
	log) set -- part_fails "$nodes" data_mlog $((1 + RANDOM % 8)) ;;
	*) set -- $kind ;;
	esac
	fault=("$@")
}

# Who dies or is cut off does not join meanwhile; nor does anybody while the coordinator's log may
# have failed (invariants.md, G7).
soak_joiner() {
	episode_joiner=
	[ "${fault[2]-}" != data_mlog ] || return 0
	case ${fault[0]} in all_die | two_die | partition | corosync_dies | pause) return ;; esac
	pick "" "" 3
	[ "${fault[1]-}" = "$picked" ] || episode_joiner=$picked
}

episode_secs=20
mirror data 48M -R 16k
wait_sync vg/data
count=0
while [ $SECONDS -lt "$soak_s" ]; do
	soak_fault
	soak_joiner
	count=$((count + 1))
	echo "== $count, $SECONDS s: ${fault[*]}${episode_joiner:+, node $episode_joiner joins}"
	episode "${fault[@]}"
done
echo "$count faults"
