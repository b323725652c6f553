#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A new mirror starts out of sync, is copied, and both legs are the same; stock dmsetup shows it
# as LVM expects.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 32M
disk leg1 32M
fill $leg0
fill $leg1
daemon_start
mirror_make cmt "$(table_ours cmt-101 $log 1024 $leg0 $leg1)"
s=$(synced cmt)
[ "${s#*/}" = 64 ] || die "64 regions expected, not $s"
wait_synced cmt
dmsetup status cmt | grep -q '64/64 1 AA' || die "health: $(dmsetup status cmt)"
dmsetup table cmt | grep -qE 'mirror (userspace .* clustered-disk|cmirror-disk) ' ||
	die "table: $(dmsetup table cmt)"
legs_equal $leg0 $leg1

# again: it stays in sync, nothing is copied
mirror_remove cmt
mirror_make cmt "$(table_ours cmt-101 $log 1024 $leg0 $leg1)"
is_synced cmt || die "not in sync after a clean removal: $(synced cmt)"
