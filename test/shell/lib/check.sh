# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# check_*: succeed, or say what is not so and return 1.

check_say() {
	rig_say "$*"
	return 1
}

# check_synced VG/LV [NODE]: the kernel and lvs both say 100.
check_synced() {
	local node=${2:-$(first_node)} counts percent
	counts=$(get_synced "$node" "$1") || true
	[ -n "$counts" ] && [ "${counts%/*}" = "${counts#*/}" ] ||
		check_say "$1 on node $node: $counts regions in sync"
	percent=$(get_lv "$node" "$1" copy_percent)
	[ "$percent" = 100.00 ] ||
		check_say "$1 on node $node: lvs says $percent, the kernel $counts"
}

# check_active VG/LV NODES / check_inactive VG/LV NODES
check_active() {
	local n table
	for n in $2; do
		table=$(get_table "$n" "$1") || true
		[[ $table =~ \ mirror\ (userspace|cmirror-(disk|core))\  ]] ||
			check_say "$1 is not active in shared mode on node $n: $table" || return 1
	done
}

check_inactive() {
	local n
	for n in $2; do
		[ -z "$(get_table "$n" "$1")" ] || check_say "$1 is active on node $n" || return 1
		[ -z "$(on "$n" "dmsetup ls | grep -F '$(get_dm "$1")'")" ] ||
			check_say "devices of $1 are left on node $n" || return 1
	done
}

# check_gone VG/LV: neither in the metadata nor in any kernel.
check_gone() {
	local n
	for n in $(rig_live); do
		! on "$n" "lvs -a --noheadings -o lv_name ${1%/*} 2> /dev/null" |
			has -E "^ *\[?${1#*/}(_|\]| |\$)" ||
			check_say "$1 is in the metadata, seen from node $n" || return 1
		check_inactive "$1" "$n" || return 1
	done
}

# check_legs VG/LV [NODE]: all legs byte for byte the same.
check_legs() {
	local node=${2:-$(first_node)} dm
	dm=$(get_dm "$1")
	on "$node" "verify compare /dev/mapper/${dm}_mimage_*"
}

# check_stock: stock lvm finds nothing to complain about.
check_stock() { on "$(first_node)" vgck "${1:-vg}"; }

# check_refusal NODE TEXT COMMAND...: fails with exit status 1..127 and says TEXT (a regular
# expression).
check_refusal() {
	local node=$1 text=$2 out status=0
	shift 2
	out=$(on "$node" "$@" 2>&1) || status=$?
	[ $status != 0 ] || check_say "should be refused: $*; it said: $out" || return 1
	[ $status -lt 128 ] || check_say "status $status: $*; it said: $out" || return 1
	grep -qE "$text" <<< "$out" || check_say "'$text' is not in the refusal of $*: $out" ||
		return 1
	echo "refused as it should be: $out"
}
