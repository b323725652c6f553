# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What befalls a cluster that writes to a mirror, and how it is made good. Sourced after aux.sh.
#
# episode KIND [ARGS]: all nodes write to vg/data; fault_KIND ARGS comes about; then everybody is
# up and active again, everything in sync, what was acknowledged is there, seen from every node, and
# the legs are the same. With a joiner (episode_joiner=N) node N is not active at first, and is
# activated while the fault goes on.
#
# fault_KIND leaves in $dead the nodes that died, and in $fencing_ms for how long writers may have
# waited: until the last fencing, or until a disk was well again.

episode_secs=25		# the writers write for that long
episode_rate=100	# so many writes a second and node
episode_before=3	# seconds of writing before the fault
episode_joiner=
stall_ms=5000		# beyond the fencing nobody waits for longer

fencings_before=()

now_ms() { date +%s%3N; }

# --- the parts of a fault ---------------------------------------------------------------------

# Power off; waits for the fencing of all of them, if those who are left can fence at all.
die_of_power() { # die_of_power NODE...
	local n before=() start_ms
	start_ms=$(now_ms)
	for n; do before[n]=$(fencings "$n"); done
	for n; do crash "$n"; done
	dead="$dead $*"
	[ $((2 * $(rig_live | wc -l))) -gt "$RIG_NODES" ] || return 0
	for n; do wait_for 60 "fencing of node $n" fenced_since "$n" "${before[n]}"; done
	fencing_ms=$(($(now_ms) - start_ms))
}

# The network of a partition; whoever is on the side of NODE dies of it.
die_of_partition() { # die_of_partition SIDE OTHER_SIDE: the first is fenced
	local n before=() start_ms
	start_ms=$(now_ms)
	for n in $1; do before[n]=$(fencings "$n"); done
	partition "$1" "$2"
	for n in $1; do
		wait_for 60 "fencing of node $n" fenced_since "$n" "${before[n]}"
		dead="$dead $n"
	done
	fencing_ms=$(($(now_ms) - start_ms))
	heal
}

daemon_kill() { on "$1" 'kill -KILL $(cat /run/cmirrord.pid)'; }
daemon_start() { on "$1" cmirrord; }

# part_is NODES LV TABLE: that part of the mirror has this table there; noflush, as the mirror's own
# suspends are.
part_is() {
	on_each "$1" "dmsetup suspend --noflush vg-$2
		echo '$3' | dmsetup load vg-$2; dmsetup resume vg-$2"
}
part_table() { on "$(first_node)" dmsetup table "vg-$1"; }

# part_fails NODES LV SECS: it answers with errors for so long; not on the joiner, who has it not.
part_fails() {
	local table nodes
	nodes=$(tr ' ' '\n' <<< "$1" | grep -vx "${episode_joiner:-none}")
	table=$(part_table "$2")
	part_is "$nodes" "$2" "0 $(echo "$table" | awk '{ n += $2 } END { print n }') error"
	sleep "$3"
	part_is "$nodes" "$2" "$table"
}

# --- kinds ------------------------------------------------------------------------------------

fault_coordinator_dies() { die_of_power "$(get_status "$(first_node)" coordinator)"; }

fault_two_die() { die_of_power "$@"; }

fault_all_die() {
	local n
	for n in $(rig_live); do crash "$n"; dead="$dead $n"; done
}

# A new mirror is being copied: a node that copies dies.
copier_found() {
	local n
	for n in $(rig_live); do
		[ "$(get_status "$n" own_claims)" != 0 ] || continue
		echo "$n" > "$RIG_DIR/copier"
		return
	done
	return 1
}
fault_recoverer_dies() {
	wait_for 20 "a node that copies" copier_found
	die_of_power "$(cat "$RIG_DIR/copier")"
}

fault_partition() { die_of_partition "$@"; }

# Both have quorum, and whoever is fenced first is dead.
one_is_left() { [ "$(rig_live | wc -l)" = 1 ]; }
fault_two_node_partition() {
	local start_ms
	start_ms=$(now_ms)
	partition 1 2
	wait_for 60 "the fencing of one of two" one_is_left
	fencing_ms=$(($(now_ms) - start_ms))
	heal
}

fault_corosync_dies() { # fault_corosync_dies NODE
	local before start_ms
	before=$(fencings "$1") start_ms=$(now_ms)
	on "$1" 'kill -KILL $(pidof corosync)' || : # the node may be gone before the answer
	dead="$dead $1"
	wait_for 60 "fencing of node $1" fenced_since "$1" "$before"
	fencing_ms=$(($(now_ms) - start_ms))
}

# A node stands still, for less than the others wait for it, or for longer: then it is fenced.
fault_pause() { # fault_pause NODE SECS
	local start_ms
	start_ms=$(now_ms)
	pause "$1"
	sleep "$2"
	[ "$2" -lt 5 ] || wait_for 60 "fencing of node $1" was_fenced "$1"
	alive "$1" && resume "$1"
	fencing_ms=$(($(now_ms) - start_ms))
}

# A request that a dead cmirrord had taken the stock client repeats after 15 s; the module asks
# nobody.
daemon_stall() { # daemon_stall NODE SECS
	[ "$(get_status "$1" client)" = kmod ] || fencing_ms=$((($2 + 15) * 1000))
}

fault_daemon_dies() { # fault_daemon_dies NODE SECS: for as long
	daemon_stall "$1" "$2"
	daemon_kill "$1"
	sleep "$2"
	daemon_start "$1"
}

fault_daemon_dies_often() { # fault_daemon_dies_often NODE TIMES
	local i
	daemon_stall "$1" 0
	for ((i = 0; i < $2; i++)); do
		daemon_kill "$1"
		daemon_start "$1"
		sleep 1
	done
}

fault_clvmd_dies() { # fault_clvmd_dies NODE
	on "$1" 'pkill -KILL -x clvmd; sleep 1; clvmd'
}

# A leg, or the log, answers with errors on some nodes and is itself again; the administrator has
# the tables loaded anew, as after any lost path.
fault_part_fails() { # fault_part_fails "NODES" LV SECS
	part_fails "$@"
	fencing_ms=$(($3 * 1000 + 5000))
	on "$(first_node)" lvchange --refresh vg/data
}

fault_leaves() { # fault_leaves NODE SECS: the mirror is not active there for so long
	bg_wait "write$1" 60 > "$RIG_DIR/leaver" || die "writer of node $1 failed"
	on "$1" lvchange -aln vg/data
	sleep "$2"
	on "$1" lvchange -aly vg/data
}

# --- the episode ------------------------------------------------------------------------------

# Everybody, or all but the joiner.
episode_writers() { rig_live | grep -vx "${episode_joiner:-none}"; }

join_begin() {
	[ -n "$episode_joiner" ] || return 0
	sleep 1
	! alive "$episode_joiner" || bg "$episode_joiner" join lvchange -aly vg/data
}
join_end() {
	[ -e "$RIG_DIR/bg/join.pid" ] || return 0
	bg_wait join 120 || [[ " $dead " == *" $episode_joiner "* ]] || die "the joiner failed"
}

# Fencings of each node before the fault; whoever was fenced since is dead, whatever was meant.
was_fenced() { fenced_since "$1" "${fencings_before[$1]}"; }
dead_note() {
	local n
	for n in $(rig_ids); do
		! was_fenced "$n" && alive "$n" || dead="$dead $n"
	done
}

survivors() {
	local n
	for n in $(sort -u "$RIG_DIR/writers"); do
		[[ " $dead " == *" $n "* ]] || echo "$n"
	done
}

# Nobody who is alive has waited for longer than the fencing and a bit.
stalls_check() {
	local n ms max=$((fencing_ms + stall_ms))
	for n in $(survivors); do
		ms=$(sed -n 's/.*slowest \([0-9]*\) ms/\1/p' "$RIG_DIR/log/bg-write$n")
		echo "node $n: slowest write $ms ms (fencing: $fencing_ms ms)"
		[ "$ms" -le $max ] || die "node $n: a write waited $ms ms; $max would be enough"
	done
}

# The dead are started, all is active where it was.
episode_mend() {
	local n
	for n in $(rig_ids); do alive "$n" || start "$n"; done
	cluster_up
	vg_up
	on "$(first_node)" lvchange -asy vg/data
	check_active vg/data "$(rig_live | tr '\n' ' ')"
}

episode() {
	local kind=$1 n start_ms
	shift
	dead='' fencing_ms=0
	for n in $(rig_ids); do fencings_before[n]=$(fencings "$n"); done
	rm -f "$RIG_DIR/writers"
	[ -z "$episode_joiner" ] || on "$episode_joiner" lvchange -aln vg/data
	writers_start /dev/vg/data $episode_secs 2048 $episode_rate "$(episode_writers)"
	sleep $episode_before
	join_begin
	start_ms=$(now_ms)
	"fault_$kind" "$@"
	dead_note
	if [ $(($(rig_live | wc -l) * 2)) -le "$RIG_NODES" ] && [ "${RIG_TWO_NODE:-0}" = 0 ]; then
		episode_mend
		fencing_ms=$(($(now_ms) - start_ms))
	fi
	writers_wait 180 "$(survivors)"
	for n in $(tr ' ' '\n' <<< "$dead" | sort -u); do
		bg_wait "write$n" 10 > "$RIG_DIR/dead" || :
	done
	join_end
	stalls_check
	episode_mend
	for n in $(rig_live); do wait_sync vg/data 120 "$n"; done
	for n in $(rig_live); do writers_check "$n" /dev/vg/data; done
	check_legs vg/data
}
