# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers for scripts run by the rig. The script runs on the host side under `set -euE -o pipefail`;
# $RIG_DIR is the run's folder (/host in a node), $RIG_NODES the number of nodes, $RIG_SRC the
# source tree (/src in a node), $RIG_DISKS the number of shared disks (/dev/ubda, /dev/ubdb ... in
# a node). Exit status 77 means: skipped.
. "$RIG_BASE/host.sh"

# --- commands --------------------------------------------------------------------------------

# on N [-i] [-t] COMMAND...: runs it on node N. One word is shell text (bash -c), several are the
# exact argument vector. Output and exit status are the command's (128 + signal); 255 and a line
# on stderr
# when the node is dead or dies. Daemons it leaves behind live on. -i: pass stdin; -t: on a
# terminal.
on() {
	rig_need_node "${1-}" || return
	node_run "$@"
}

# on_all COMMAND...: on all running nodes at the same time; output in order of the nodes, each line
# after "nN: ". Status: the first that is not 0.
on_all() { on_each "$(rig_live)" "$@"; }

# on_each "1 3" COMMAND...: the same on these nodes.
on_each() {
	local n pids=() status=0 dir s nodes=$1
	shift
	dir=$(mktemp -d "$RIG_DIR/on_all.XXXXXX")
	for n in $nodes; do
		on "$n" "$@" > "$dir/$n" 2>&1 &
		pids+=($!)
	done
	for n in $nodes; do
		s=0
		wait "${pids[0]}" || s=$?
		pids=("${pids[@]:1}")
		sed "s/^/n$n: /" "$dir/$n"
		[ $status != 0 ] || status=$s
	done
	rm -rf "$dir"
	return $status
}

# bg N NAME COMMAND...: runs it on node N in the background. Output goes to log/bg-NAME.
bg() {
	local n=$1 name=$2
	shift 2
	rig_need_node "$n" || return
	[ ! -e "$RIG_DIR/bg/$name.pid" ] || { rig_say "bg: '$name' is in use"; return 1; }
	( s=0; node_run "$n" "$@" > "$RIG_DIR/log/bg-$name" 2>&1 || s=$?
	  echo $s > "$RIG_DIR/bg/$name.rc" ) &
	echo $! > "$RIG_DIR/bg/$name.pid"
}

# bg_wait NAME [SECS]: waits for its end, prints its output, returns its status; 124 on time-out
# (default 60 s; it runs on then).
bg_wait() {
	local name=$1 status
	[ -e "$RIG_DIR/bg/$name.pid" ] || { rig_say "bg_wait: nothing named '$name'"; return 1; }
	rig_until "${2:-60}" test -s "$RIG_DIR/bg/$name.rc" || return 124
	cat "$RIG_DIR/log/bg-$name"
	read -r status < "$RIG_DIR/bg/$name.rc"
	rm -f "$RIG_DIR/bg/$name".*
	return "$status"
}

# bg_runs NAME: true while it has not ended.
bg_runs() { [ -e "$RIG_DIR/bg/$1.pid" ] && [ ! -s "$RIG_DIR/bg/$1.rc" ]; }

# wait_for SECS WHAT COMMAND...: runs COMMAND (shell words, functions allowed) until it succeeds;
# after SECS says that there is no WHAT, shows the command's last output and returns 1. Where nodes
# are emulated the seconds of all helpers are longer, by $RIG_SLOW.
wait_for() {
	local secs=$(($1 * RIG_SLOW)) what=$2 end=$((SECONDS + $1 * RIG_SLOW)) out
	shift 2
	until out=$("$@" 2>&1); do
		if [ $SECONDS -ge $end ]; then
			rig_say "waited $secs s in vain for: $what; last: $* says: $out"
			return 1
		fi
		sleep 0.2
	done
}

# fails COMMAND...: succeeds when COMMAND fails (`! cmd` would not stop a script under set -e).
fails() {
	if "$@"; then
		rig_say "should have failed: $*"
		return 1
	fi
}

# --- nodes: death, birth, network ------------------------------------------------------------

# crash N: power off, at once. Returns when it is proven that nothing of the node is left.
crash() {
	rig_need_node "${1-}" || return
	node_lives "$1" || { rig_say "crash: node $1 does not run"; return 1; }
	( flock 9 && node_kill "$1" ) 9> "$RIG_DIR/fence/lock"
}

# start N: boots a dead node afresh: same id, same disks, nothing else of its former life.
start() {
	rig_need_node "${1-}" || return
	node_boot "$1"
	node_wait "$1"
}

# alive N: does it run?
alive() { node_lives "$1"; }

# pause N / resume N: the whole machine stands still (not even timers run) / goes on.
pause() { node_signal "$1" STOP; }
resume() { node_signal "$1" CONT; }

# Guest processes are traced by the node's kernel and stand still with it; a signal to them would be
# the guest's.
node_signal() {
	local ns pid
	rig_need_node "$1" || return
	read -r ns < "$RIG_DIR/nodes/$1.pidns"
	for pid in $(ns_pids "$ns"); do
		grep -q '^TracerPid:[[:space:]]0$' "/proc/$pid/status" || continue
		kill "-$2" "$pid"
	done
}

# cut N: its cluster network is unplugged (commands still reach it). heal [N]: plugged in again;
# without N: all of them. (`cut -d: ...` is still the cut of old.)
cut() {
	if [[ ${1-} == -* ]]; then command cut "$@"; return; fi
	rig_need_node "${1-}" || return
	ip link set "tap$1" nomaster
}

heal() {
	local n
	for n in ${1-$(rig_ids)}; do
		rig_need_node "$n" || return
		net_place "$n" br0
	done
}

# partition "1 2" "3" ...: each group on a network of its own.
partition() {
	local n i=0 group
	for group in "$@"; do
		for n in $group; do
			rig_need_node "$n" || return
			net_place "$n" br$i
		done
		i=$((i + 1))
	done
}

# fence_mode MODE [N]: what the fence agent does to node N (without N: to any); MODE is ok, fail,
# hold or "late SECS", see fenced.sh. Every fencing is a line in log/fence.
fence_mode() {
	local f=$RIG_DIR/fence/mode${2:+-$2}
	echo "$1" > "$f.new"
	mv "$f.new" "$f"
}

# fenced N: was node N's last boot fenced? Wait for it between crash and start: a node that is
# started before the others have fenced its former life may be killed for it.
fenced() { fence_log "fenced node $1 (boot $(cat "$RIG_DIR/nodes/$1.boots"),"; }

# fence_killed N: did that fencing find it running?
fence_killed() { fence_log "fenced node $1 (boot $(cat "$RIG_DIR/nodes/$1.boots"), running)"; }

fence_log() { grep -qF "$1" "$RIG_DIR/log/fence" 2> /dev/null; }

# --- cluster and volume group ----------------------------------------------------------------

# cluster_up: on all running nodes what is not up yet of corosync, dlm_controld, lvmlockd,
# cmirrord, clvmd.
cluster_up() {
	local live
	live=$(rig_live | wc -l)
	on_all /host/rig/node/up "$live" || { rig_say "the cluster does not come up"; return 1; }
}

# vg_up [NAME]: a shared VG (default vg) on all disks, or, if it exists, its locks started, on all
# running nodes. With --corosync none: a local VG per node, on node 1 only.
vg_up() {
	local vg=${1:-vg} first disks shared='' i
	first=$(rig_live)
	first=${first%%$'\n'*}
	if ! on "$first" "vgs $vg > /dev/null 2>&1"; then
		disks=$(for ((i = 0; i < RIG_DISKS; i++)); do
			echo -n "/dev/ubd$(disk_letter $i) "
		done)
		[ "$RIG_SHARED" = 0 ] || shared=--shared
		on "$first" "pvcreate -q -q $disks && vgcreate -q -q $shared $vg $disks"
	fi
	[ "$RIG_SHARED" = 0 ] || on_all vgchange -q -q --lock-start "$vg"
}

# mend: background commands ended, dead nodes started, networks healed, fencing as usual: a rig as
# new, but for daemons and disks.
mend() {
	local n pid
	heal
	rm -f "$RIG_DIR"/fence/mode*
	for pid in "$RIG_DIR"/bg/*.pid; do
		[ ! -e "$pid" ] || pkill -P "$(cat "$pid")" || true
	done
	rm -f "$RIG_DIR"/bg/*
	for n in $(rig_ids); do
		if node_lives "$n"; then
			resume "$n"
		else
			mend_await_fencing "$n"
			node_boot "$n"
		fi
	done
	for n in $(rig_ids); do
		node_wait "$n" || return 1
	done
}

# A quorum of survivors fences the dead node's former life, sooner or later: not its new one.
mend_await_fencing() {
	local i alive=0
	for i in $(rig_ids); do
		! node_lives "$i" || alive=$((alive + 1))
	done
	[ "$RIG_CLUSTER" = 1 ] && [ "$RIG_FENCING" = 1 ] || return 0
	[ $((alive * 2)) -gt "$RIG_NODES" ] || return 0
	rig_until 60 fenced "$1" || rig_say "node $1 was not fenced; started all the same"
}

# --- for people ------------------------------------------------------------------------------

# shell [N]: an interactive shell on node N (default 1), for a look in the middle of a script.
shell() { node_run "${1:-1}" -t bash -l < /dev/tty > /dev/tty 2>&1; }

# collect_logs: kernel messages and state of each running node into log/. A failed run does it by
# itself.
collect_logs() {
	local n pids=()
	for n in $(rig_live); do
		timeout -k 1 $((10 * RIG_SLOW)) "$RIG_DIR/bin/rig-on" -w 2 \
			"10.78.$n.2" "$RIG_DIR/nodes/$n.pid" /host/rig/node/state \
			> "$RIG_DIR/log/state-$n" 2>&1 &
		pids+=($!)
	done
	# not of all jobs: the fence server is one, too
	[ ${#pids[@]} = 0 ] || wait "${pids[@]}"
}
