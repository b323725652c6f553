# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Inside the rig's namespaces: network, nodes, proof of death. Used by rig, fenced.sh and lib.sh.
# All state is in files under $RIG_DIR, so that any process of the rig can call this:
#
#   rig.env          the options, also read in the nodes (there: /host/rig.env)
#   nodes/N.pid      exists as long as anything of node N lives (kept by rig-box)
#   nodes/N.pidns    pid namespace of node N's present or last life
#   nodes/N.boots    how often it was started
#   mem/             tmpfs of the rig's own: disks and the nodes' memory
#   log/             what is kept when a run fails

rig_say() { echo "rig: $*" >&2; }

rig_die() {
	rig_say "$*"
	exit 1
}

# rig_ids: 1 .. N
rig_ids() { seq "$RIG_NODES"; }

node_lives() { [ -e "$RIG_DIR/nodes/$1.pid" ]; }

# The ids of the nodes that run.
rig_live() {
	local n
	for n in $(rig_ids); do
		if node_lives "$n"; then echo "$n"; fi
	done
}

node_known() { [[ ${1-} =~ ^[1-9][0-9]*$ ]] && [ "$1" -le "$RIG_NODES" ]; }

rig_need_node()
{
	node_known "${1-}" || { rig_say "no node '${1-}' (1 .. $RIG_NODES)"; return 2; }
}

. "$RIG_BASE/engine-qemu.sh"

# --- network ---------------------------------------------------------------------------------

# One bridge for the cluster; a link of its own between the host and each node for commands, which
# a partition does not touch and over which the nodes cannot see each other.
net_up() {
	local n
	ip link set lo up
	ip link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
	ip link set br0 up
	for n in $(rig_ids); do
		ip tuntap add dev "tap$n" mode tap
		ip link set "tap$n" master br0 up
		ip tuntap add dev "ctl$n" mode tap
		ip addr add "10.78.$n.1/30" dev "ctl$n"
		ip link set "ctl$n" up
	done
}

# net_place N BRIDGE: moves the node's cluster link to that bridge, made when needed.
net_place() {
	if ! ip link show "$2" > /dev/null 2>&1; then
		ip link add "$2" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
		ip link set "$2" up
	fi
	ip link set "tap$1" master "$2"
}

# --- disks -----------------------------------------------------------------------------------

# A tmpfs that only the rig's mount namespace has: gone with the rig, however it ends.
disks_make() {
	local i
	mount -t tmpfs -o size=90% tmpfs "$RIG_DIR/mem"
	for ((i = 0; i < RIG_DISKS; i++)); do
		truncate -s "$RIG_SIZE" "$(disk_file $i)"
	done
}

disk_letter() { local letters=abcdefghijklmnop; echo "${letters:$1:1}"; }
disk_file() { echo "$RIG_DIR/mem/disk-$(disk_letter "$1")"; }

# --- nodes -----------------------------------------------------------------------------------

# --kernel: another than the packaged one, with its modules.
engine_uml_check() {
	need linux.uml user-mode-linux
	RIG_UML=$(command -v linux.uml) RIG_SLOW=1
	[ -n "$RIG_KERNEL" ] || return 0
	if [ "$RIG_KERNEL" = debug ]; then
		RIG_KERNEL=$("$RIG_BASE/../../scripts/kernel-tree" debug) || exit
	fi
	RIG_KERNEL=$(realpath "$RIG_KERNEL")
	RIG_UML=$RIG_KERNEL/linux
	[ -x "$RIG_UML" ] && [ -d "$RIG_KERNEL/root" ] ||
		bad "--kernel: no linux and root/ in $RIG_KERNEL (scripts/kernel-tree debug)"
}

engine_uml_prepare() { :; }

# engine_ENGINE_command N: the words of the command that is the node, one per line.
engine_uml_command() {
	printf '%s\n' env "LD_PRELOAD=$RIG_DIR/bin/uml-shim.so" "$RIG_UML"
	uml_args "$1" | tr ' ' '\n'
}

uml_args() {
	local n=$1 i
	echo "mem=$RIG_MEM" "umid=n$n" "uml_dir=$RIG_DIR/uml/" root=/dev/root rootfstype=hostfs \
		rootflags=/ ro quiet noreboot con=null con0=null,fd:1 \
		"init=$RIG_DIR/rig/node/init" \
		"rig_node=$n" "hostdir=$RIG_DIR" "rig_src=$RIG_SRC" \
		"vec0:transport=tap,ifname=tap$n,depth=64,gro=1,mac=52:54:00:77:00:0$n" \
		"vec1:transport=tap,ifname=ctl$n,depth=64,gro=1,mac=52:54:00:78:00:0$n"
	[ -z "$RIG_INSTALL" ] || echo "rig_install=$RIG_INSTALL"
	# What it reports must neither end with the first nor be pushed out by what follows.
	[ -z "$RIG_KERNEL" ] ||
		echo "rig_kernel=$RIG_KERNEL/root" kasan_multi_shot log_buf_len=8M
	# d, c: no lock on the file and no copy of it, so that nodes can share it
	for ((i = 0; i < RIG_DISKS; i++)); do
		echo "ubd${i}dc=$(disk_file $i)"
	done
}

# node_boot N: starts the machine and returns; node_wait tells when it takes commands.
node_boot() {
	local n=$1 boots command
	node_lives "$n" && { rig_say "node $n runs already"; return 1; }
	read -r boots < "$RIG_DIR/nodes/$n.boots"
	echo $((boots + 1)) > "$RIG_DIR/nodes/$n.boots"
	echo "--- boot $((boots + 1)) at $(date +%T)" >> "$RIG_DIR/log/console-$n"
	mapfile -t command < <("engine_${RIG_ENGINE}_command" "$n")
	# Sessions of their own: ^C at the rig must not reach the node, nor what a panic sends to
	# its process group anybody else.
	TMPDIR=$RIG_DIR/mem setsid "$RIG_DIR/bin/rig-box" -s -p "$RIG_DIR/nodes/$n.pid" \
		"${command[@]}" \
		< /dev/null >> "$RIG_DIR/log/console-$n" 2>&1 9>&- &
	disown
	rig_until 10 node_started "$n" ||
		{ rig_say "node $n did not start, see $RIG_DIR/log/console-$n"; return 1; }
}

# The namespace is recorded while the node lives: afterwards it can no longer be asked for.
node_started() {
	local pid ns
	{ read -r pid < "$RIG_DIR/nodes/$1.pid"; } 2> /dev/null || return 1
	ns=$(readlink "/proc/$pid/ns/pid") || return 1
	[ "$ns" != "$(readlink /proc/self/ns/pid)" ] || return 1
	echo "$ns" > "$RIG_DIR/nodes/$1.pidns"
}

# node_run N [rig-on options --] COMMAND...
node_run() {
	local n=$1
	shift
	local opts=()
	while [[ ${1-} == -[itw]* ]]; do
		opts+=("$1")
		[ "$1" != -w ] || { opts+=("$2"); shift; }
		shift
	done
	"$RIG_DIR/bin/rig-on" "${opts[@]}" "10.78.$n.2" "$RIG_DIR/nodes/$n.pid" "$@"
}

node_wait() { node_run "$1" -w $((60 * RIG_SLOW)) true; }

# node_kill N: ends the node like a power switch. Returns 0 only when it is proven gone.
node_kill() {
	local n=$1 pid
	if { read -r pid < "$RIG_DIR/nodes/$n.pid"; } 2> /dev/null; then
		kill -KILL "$pid" 2> /dev/null || true
		rig_until 20 node_gone "$n" || { rig_say "node $n does not die"; return 1; }
	fi
	node_left_nothing "$n"
}

node_gone() { ! node_lives "$1"; }

# The kernel's word (the pid file vanished) is checked against what /proc shows: no process in the
# node's pid namespace, and a disk open only in a pid namespace of a node that runs. Each look at
# /proc must also find what is known to be there, so that a look that fails is no proof.
node_left_nothing() {
	local n=$1 ns left
	{ read -r ns < "$RIG_DIR/nodes/$n.pidns"; } 2> /dev/null || return 0
	[ -n "$(ns_pids "$(readlink /proc/self/ns/pid)")" ] ||
		{ rig_say "cannot look into /proc"; return 1; }
	left=$(ns_pids "$ns" | xargs)
	[ -z "$left" ] || { rig_say "node $n is dead but left processes: $left"; return 1; }
	[ "$RIG_DISKS" = 0 ] || disks_open_in_nodes_only ||
		{ rig_say "no proof that node $n is dead"; return 1; }
}

# find fails whenever a process ends meanwhile.
# ns_pids NS: the processes in that pid namespace.
ns_pids() {
	{ find /proc/[0-9]*/ns/pid -maxdepth 0 -printf '%l %p\n' 2> /dev/null || true; } |
		awk -F '[ /]' -v ns="$1" '$1 == ns { print $4 }'
}

disk_users() {
	{ find /proc/[0-9]*/fd -lname "$RIG_DIR/mem/disk-*" -printf '%h\n' 2> /dev/null || true; } |
		awk -F / '{ print $3 }' | sort -u
}

# In a subshell: a script's $! stays.
disks_open_in_nodes_only() (
	local live pid ns fd known users strangers=''
	live=$(for n in $(rig_live); do cat "$RIG_DIR/nodes/$n.pidns"; done)
	exec {fd}< "$(disk_file 0)"
	sleep 60 &
	known=$!
	exec {fd}<&-
	users=$(disk_users)
	kill "$known"
	wait "$known" 2> /dev/null || true
	grep -qxF "$known" <<< "$users" ||
		{ rig_say "cannot see who has the disks open"; return 1; }
	for pid in $users; do
		[ "$pid" != "$known" ] || continue
		ns=$(readlink "/proc/$pid/ns/pid") || ns=gone
		if grep -qxF "$ns" <<< "$live"; then continue; fi
		# The nodes' short-lived processes may have ended since: who has, has nothing open.
		if [ "$ns" = gone ] && ! disk_users | grep -qxF "$pid"; then continue; fi
		strangers+=" $pid"
	done
	[ -z "$strangers" ] ||
		{ rig_say "somebody outside has the disks open:$strangers"; return 1; }
)

# rig_until SECS COMMAND...: polls; 1 when the time is over. Seconds of a machine that is not
# emulated.
rig_until() {
	local end=$((SECONDS + $1 * RIG_SLOW))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
