# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Helpers for the 1xx scripts: one machine with device-mapper (a node of the rig, or the machine
# itself), loop devices, `cmirrord --cluster local`, tables made with dmsetup. Sourced first; runs
# under set -e.
#
# Everything a script makes has the prefix cmt (device names) or lies in $T; the EXIT trap removes
# it.
set -euE -o pipefail
T=$(mktemp -d "${TMPDIR:-/tmp}/cmt.XXXXXX")
loops=()
daemon_pid=
export LVM_SUPPRESS_FD_WARNINGS=1

say() { echo "one: $*"; }
die() { say "$*"; exit 1; }
skip() { say "$*"; exit 77; }
fails() { if "$@"; then die "should have failed: $*"; fi; }

# until_true SECS WHAT COMMAND...
until_true() {
	local secs=$1 what=$2 end=$((SECONDS + $1))
	shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || die "waited $secs s in vain for: $what"
		sleep 0.2
	done
}

# resync_throttle PERCENT: of its time the kernel copies that much at most, until the test ends.
throttle=/sys/module/dm_mirror/parameters/raid1_resync_throttle
resync_throttle() { echo "$1" > $throttle; }

one_cleanup() {
	local status=$? m d
	trap - EXIT ERR
	set +e
	[ ! -e $throttle ] || resync_throttle 100
	# Without its daemon a mirror answers nothing, neither status nor removal.
	daemon_up || daemon_start || true
	if [ $status != 0 ] && [ $status != 77 ]; then
		timeout 5 dmsetup table
		timeout 5 dmsetup status
		timeout 5 cmirrorctl status
		timeout 5 cmirrorctl dump
		timeout 5 cmirrorctl log | tail -n 60
		tail -n 40 "$T"/*.log
		dmesg | tail -n 15
	fi > "$T/state" 2>&1
	[ ! -s "$T/state" ] || cat "$T/state"
	for m in $(dmsetup ls 2> /dev/null | awk '/^cmt/ { print $1 }'); do
		dmsetup resume "$m" 2> /dev/null
	done
	# Mirrors before what they stand on.
	for m in $(dmsetup ls --target mirror 2> /dev/null | awk '/^cmt/ { print $1 }') \
		$(dmsetup ls 2> /dev/null | awk '/^cmt/ { print $1 }'); do
		dmsetup remove --retry "$m" 2> /dev/null
	done
	daemon_stop
	as_rebooted_undo
	for d in "${loops[@]}"; do losetup -d "$d"; done
	rm -rf "$T"
	exit $status
}
trap one_cleanup EXIT
trap 'say "failed (status $?): line $LINENO: $BASH_COMMAND"' ERR

# --- the daemon ------------------------------------------------------------------------------

# daemon_start [OPTIONS]: cmirrord in the background, serving when this returns.
daemon_start() {
	modprobe -q dm-log-userspace || true
	modprobe -q dm-mirror || true
	[ -z "${CM_CLIENT-}" ] || modprobe dm-log-cmirror
	cmirrord --cluster local "$@" >> "$T/cmirrord.log" 2>&1 || {
		say "cmirrord does not start: $(tail -n 3 "$T/cmirrord.log")"
		return 1
	}
	daemon_pid=$(cat /run/cmirrord.pid)
}

daemon_up() { [ -n "$daemon_pid" ] && kill -0 "$daemon_pid" 2> /dev/null; }

daemon_kill9() {
	kill -KILL "$daemon_pid"
	until_true 10 "the end of cmirrord" eval "! kill -0 $daemon_pid 2> /dev/null"
}

daemon_stop() {
	daemon_up || return 0
	kill -TERM "$daemon_pid"
	until_true 10 "the end of cmirrord" eval "! kill -0 $daemon_pid 2> /dev/null"
	daemon_pid=
}

# as_after_reboot: a daemon that finds another boot id and nothing of the former one under /run:
# to it, what the log device says is running died with the machine.
as_after_reboot() {
	daemon_stop
	as_rebooted_undo
	cat /proc/sys/kernel/random/uuid > "$T/boot_id"
	mount --bind "$T/boot_id" /proc/sys/kernel/random/boot_id
	rm -rf /run/cmirror
	daemon_start
}
as_rebooted_undo() {
	! mountpoint -q /proc/sys/kernel/random/boot_id || umount /proc/sys/kernel/random/boot_id
}

# daemon_stat KEY: a counter, or the sum of a counter over all logs.
daemon_stat() { cmirrorctl stats | awk -F= -v k="$1" '$1 == k { s += $2 } END { print s + 0 }'; }

# --- devices ---------------------------------------------------------------------------------

# disk NAME SIZE: a loop device; its path in $NAME.
disk() {
	local dev
	truncate -s "$2" "$T/$1.img"
	dev=$(losetup -f --show "$T/$1.img")
	loops+=("$dev")
	printf -v "$1" %s "$dev"
}

majmin() { printf '%d:%d' "0x$(stat -L -c %t "$1")" "0x$(stat -L -c %T "$1")"; }
sectors() { blockdev --getsz "$1"; }

# table_ours UUID LOG REGION_SECT LEG... [-- WORD...]: the line of a clustered mirror as long as
# its first leg. LOG: a device, or "core". WORDs after -- go behind the region size (nosync, gen=1
# ...).
table_ours() {
	local uuid=$1 log=$2 region=$3 legs=() words=() args leg line type=userspace
	shift 3
	while [ $# -gt 0 ] && [ "$1" != -- ]; do legs+=("$1"); shift; done
	[ $# = 0 ] || { shift; words=("$@"); }
	if [ -n "${CM_CLIENT-}" ] && [ "$log" = core ]; then
		args=("$uuid" "$region" "${words[@]}")
		type=cmirror-core
	elif [ -n "${CM_CLIENT-}" ]; then
		args=("$uuid" "$(majmin "$log")" "$region" "${words[@]}")
		type=cmirror-disk
	elif [ "$log" = core ]; then
		args=("$uuid" integrated_flush clustered-core "$region" "${words[@]}")
	else
		args=("$uuid" integrated_flush clustered-disk "$(majmin "$log")" "$region")
		args+=("${words[@]}")
	fi
	line="0 $(sectors "${legs[0]}") mirror $type ${#args[@]} ${args[*]} ${#legs[@]}"
	for leg in "${legs[@]}"; do line+=" $(majmin "$leg") 0"; done
	echo "$line 1 handle_errors"
}

# table_stock LOG REGION_SECT LEG...: the same mirror with the kernel's own log.
table_stock() {
	local log=$1 region=$2 line leg
	shift 2
	line="0 $(sectors "$1") mirror disk 2 $(majmin "$log") $region $#"
	for leg in "$@"; do line+=" $(majmin "$leg") 0"; done
	echo "$line 1 handle_errors"
}

mirror_make() { dmsetup create "$1" --table "$2"; }
mirror_remove() { dmsetup remove --retry "$1"; }

# mirror_load NAME TABLE: a new table under a running mirror, noflush as LVM does.
mirror_load() {
	dmsetup load "$1" --table "$2"
	dmsetup suspend --noflush --nolockfs "$1"
	dmsetup resume "$1"
}

# synced NAME: "in sync / all" of its regions.
synced() { dmsetup status "$1" | grep -oE '[0-9]+/[0-9]+' | sed -n 1p; }
is_synced() { local s; s=$(synced "$1"); [ "${s%/*}" = "${s#*/}" ]; }
wait_synced() { until_true "${2:-60}" "sync of $1, now $(synced "$1")" is_synced "$1"; }

# fill DEV: contents nothing else has.
fill() {
	dd if=/dev/urandom of="$1" bs=1M oflag=direct iflag=fullblock status=none \
		count="$(($(blockdev --getsize64 "$1") >> 20))"
}

legs_equal() { verify compare "$@"; }
