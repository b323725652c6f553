# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# get_*: one value on standard output.

# Filters that read to the end: under pipefail `head` and `grep -q` would fail the writer before
# them.
first_node() { rig_live | sed -n 1p; }
has() { [ "$(grep -c "$@" || true)" != 0 ]; }

# get_lv NODE VG/LV FIELD
get_lv() {
	on "$1" lvs -a --noheadings --nosuffix -o "$3" "$2" 2> /dev/null | sed 's/^ *//; s/ *$//'
}

# get_dm VG/LV: its device-mapper name.
get_dm() {
	local vg=${1%/*} lv=${1#*/}
	echo "${vg//-/--}-${lv//-/--}"
}

# get_synced NODE VG/LV: "in sync/all" as the kernel counts; nothing when it is not active.
get_synced() { on "$1" dmsetup status --target mirror "$(get_dm "$2")" 2> /dev/null |
	grep -oE '[0-9]+/[0-9]+' | sed -n 1p; }

# get_table NODE VG/LV
get_table() { on "$1" dmsetup table "$(get_dm "$2")" 2> /dev/null; }

# get_stat NODE KEY: a counter of its cmirrord, summed over all logs.
get_stat() { on "$1" cmirrorctl stats |
	awk -F= -v k="$2" '$1 == k { s += $2 } END { print s + 0 }'; }

# get_status NODE KEY: first value of that key in its cmirrord's status.
get_status() { on "$1" cmirrorctl dump | awk -F= -v k="$2" '$1 == k { print $2; exit }'; }
