#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One cmirrord per machine, a pidfile locked as LVM expects, and answers about itself.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 8M
disk leg1 8M
daemon_start
fails cmirrord --cluster local
kill -0 $daemon_pid
[ -S /run/cmirror/cmirrord.sock ] || die "no control socket"
cmirrord --version | grep -q '[0-9]'
cmirrord --help | grep -q -- --cluster
fails cmirrord --cluster tin-cans
fails cmirrord --no-such-option
mirror_make cmt "$(table_ours cmt-119 $log 1024 $leg0 $leg1)"
wait_synced cmt
cmirrorctl status | grep -q '^cmt '
cmirrorctl --json status | python3 -c 'import json, sys; json.load(sys.stdin)' 2> /dev/null ||
	cmirrorctl status --json | grep -q '^[[{]' || die "status --json is no JSON"
fails cmirrorctl no-such-verb
