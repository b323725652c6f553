#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# stock client
# Each table that cannot be served is refused when it is loaded, with its reason in the daemon's
# log.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
disk tiny 64K
daemon_start
refused() { # refused REASON TABLE
	fails mirror_make cmt "$2"
	[ -z "$(dmsetup ls | grep '^cmt' || true)" ] || die "a device is left"
	cmirrorctl dump | grep -qiE "$1" || grep -qiE "$1" $T/cmirrord.log ||
		journal_has "$1" || say "note: no line says '$1'"
}
journal_has() { command -v journalctl > /dev/null && journalctl -q -n 50 2> /dev/null |
	grep -qiE "$1"; }
t=$(table_ours cmt-110 $log 1024 $leg0 $leg1)
refused 'too small|space' "$(table_ours cmt-110 $tiny 8 $leg0 $leg1)"
refused 'region size' "${t/ 1024 / 1000 }"
refused 'region size' "${t/ 1024 / 0 }"
refused 'type' "${t/clustered-disk/clustered-tape}"
refused 'device|argument' "${t/ $(majmin $log) / 250:250 }"
refused 'gen|argument' "$(table_ours cmt-110 $log 1024 $leg0 $leg1 -- gen=x)"
refused 'argument' "$(table_ours cmt-110 $log 1024 $leg0 $leg1 -- rubbish)"
# and after all that a good one
mirror_make cmt "$t"
wait_synced cmt
