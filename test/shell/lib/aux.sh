# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers for the 2xx and 3xx scripts, which run on the rig's host side (test/rig/README) with a
# cluster and a shared VG `vg` up on every node. Sourced first.
. "$RIG_SRC/test/shell/lib/get.sh"
. "$RIG_SRC/test/shell/lib/check.sh"

die() { rig_say "$*"; exit 1; }
skip() { echo "$*"; exit 77; }

# A script that failed may leave nodes that can only be switched off; the next one gets fresh ones.
aux_cleanup() {
	local status=$? n
	trap - EXIT ERR
	set +e
	if [ $status != 0 ] && [ $status != 77 ]; then
		collect_logs
		for n in $(rig_live); do crash "$n"; done
	fi
	exit $status
}
trap aux_cleanup EXIT

# Each node runs the client it is to run: the flavours of these scripts are what they say.
aux_clients_check() {
	local n want has
	for n in $(rig_live); do
		want=connector
		case ,$RIG_MODULE, in *,all,* | *,"$n",*) want=kmod ;; esac
		has=$(get_status "$n" client)
		[ "$has" = $want ] || die "node $n: the client is '$has', not $want"
	done
}
[ "$RIG_CLUSTER" = 0 ] || aux_clients_check

# What an earlier script left in the VG.
aux_lvs_remove() {
	local first
	first=$(first_node)
	[ -z "$(on "$first" lvs --noheadings vg 2> /dev/null)" ] || on "$first" lvremove -ff vg
}
aux_lvs_remove

# The other VGs, for those that make their own.
aux_vgs_remove() {
	local first n vg
	first=$(first_node)
	for vg in $(on "$first" vgs --noheadings -o vg_name 2> /dev/null); do
		[ "$vg" != vg ] || continue
		on_all vgchange -q -q --lock-start "$vg"
		on "$first" lvremove -qq -ff "$vg"
		for n in $(rig_live); do
			[ "$n" = "$first" ] || on "$n" vgchange -q -q --lock-stop "$vg"
		done
		on "$first" vgremove -qq -ff "$vg"
	done
}
[ "$RIG_VG" = 1 ] || aux_vgs_remove

# mirror NAME SIZE [OPTIONS]: lvcreate, -m1 unless OPTIONS begin with another -m, on the first
# running node.
mirror() {
	local name=$1 size=$2 m=-m1
	shift 2
	[[ "${1-}" != -m* ]] || { m=$1; shift; }
	on "$(first_node)" lvcreate -y "$m" -L "$size" -n "$name" "$@" vg
}

# wait_sync VG/LV [SECS] [NODE]
wait_sync() {
	local lv=$1 secs=${2:-120} node=${3:-$(first_node)}
	wait_for "$secs" "sync of $lv" check_synced "$lv" "$node"
}

# crash_fenced N: power off, and the cluster has had it fenced; a node started earlier would be
# fenced again.
crash_fenced() {
	local before
	before=$(fencings "$1")
	crash "$1"
	wait_for 40 "fencing of node $1" fenced_since "$1" "$before"
}
fencings() { grep -c "fenced node $1 " "$RIG_DIR/log/fence" || true; }
fenced_since() { [ "$(fencings "$1")" -gt "$2" ]; }

# plant NODE VG/LEG MIB: writes a mark straight to the disk, MIB into the hidden LV VG/LEG, past
# the mirror; it stays only while nothing is copied over it. planted NODE: is it still there?
plant() {
	local ranges pe
	# "/dev/ubdb:0-3": extents of 4 MiB, the first at 1 MiB
	ranges=$(get_lv "$1" "$2" seg_pe_ranges)
	pe=${ranges##*:}
	planted_disk=${ranges%%:*} planted_block=$(((1 + ${pe%-*} * 4 + $3) * 256))
	on "$1" "{ echo planted; head -c 4088 /dev/zero; } | dd of=$planted_disk bs=4k status=none \
		seek=$planted_block iflag=fullblock oflag=direct conv=notrunc"
	planted "$1"
}
planted() {
	[ "$(on "$1" "dd if=$planted_disk bs=4k skip=$planted_block count=1 iflag=direct \
		status=none | head -c 7")" = planted ]
}

# Everybody who is there writes to $1 (device) at once, $2 seconds, in areas of $3 blocks each:
# node N has area [(N-1)*$3, N*$3). Journals are log/bg-writeN. $4: writes per second of each. $5:
# these nodes only.
writers_start() {
	local dev=$1 secs=$2 blocks=$3 rate=${4:-100} n
	for n in ${5-$(rig_live)}; do
		bg "$n" "write$n" verify write --dev "$dev" --seed "$n" \
			--area "$(((n - 1) * blocks)):$((n * blocks))" \
			--seconds "$secs" --rate "$rate"
		echo "$n" >> "$RIG_DIR/writers"
	done
	writers_blocks=$blocks
}

# writers_wait [SECS] [NODES]: all of them (of those nodes) end well.
writers_wait() {
	local n
	for n in ${2-$(sort -u "$RIG_DIR/writers")}; do
		bg_wait "write$n" "${1:-60}" | tail -n 3 || die "writer of node $n failed"
	done
}

# writers_check NODE DEV: what they were told is written is there, seen from NODE.
writers_check() {
	local node=$1 dev=$2 n
	for n in $(sort -u "$RIG_DIR/writers"); do
		on "$node" verify check --dev "$dev" --seed "$n" --from "/host/log/bg-write$n" \
			--area "$(((n - 1) * writers_blocks)):$((n * writers_blocks))"
	done
}
rm -f "$RIG_DIR/writers"
