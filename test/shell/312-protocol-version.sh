#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Node 3 has the daemons of a release that speaks protocol 7 (test/Makefile.in): whatever needs all
# nodes is refused in one line with the cure, nothing is left, and what runs goes on.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
other=/usr/local/lib/cmirror-other

replace() { # replace DAEMON PATH: on node 3
	on 3 "kill \$(pgrep -x $1); until ! pgrep -x $1 > /dev/null; do sleep 0.1; done; $2"
}
refused() { # refused NODE TEXT COMMAND...: one line
	local out status=0 node=$1 text=$2
	shift 2
	out=$(on "$node" "$@" 2>&1) || status=$?
	echo "refused: $out"
	[ $status = 5 ] || check_say "status $status of $*" || return 1
	grep -qE "^ *$text" <<< "$out" || check_say "no '$text'" || return 1
	[ "$(wc -l <<< "$out")" = 1 ] || check_say "more than a line"
}
says() { on "$1" cmirrorctl status | has -E "$2"; }

mirror data 16M
wait_sync vg/data
on 3 lvchange -aln vg/data
replace cmirrord $other/cmirrord
wait_for 20 "the status of node 1" says 1 'WARNING: node 3 speaks protocol 7 to 7, .* update'
wait_for 20 "the status of node 3" says 3 'WARNING: node [12] speaks protocol 1 to 1, .* update'
refused 1 'n1: node 3 speaks protocol 7 to 7, node 1 1 to 1; update' \
	lvcreate -y -m1 -L 16M -n x vg
refused 3 'n3: node [12] speaks protocol 1 to 1, node 3 7 to 7; update' \
	lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
refused 2 'n3: node [12] speaks protocol 1 to 1, node 3 7 to 7; update' lvchange -asy vg/data
check_inactive vg/data 3
check_active vg/data "1 2"
on 1 verify write --dev /dev/vg/data --area 0:512 --seconds 2 --rate 100 > /dev/null
check_synced vg/data 2
replace cmirrord cmirrord
wait_for 30 "activation on all nodes" on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"

on 3 lvchange -aln vg/data
replace clvmd $other/clvmd
refusing() { { on "$1" lvchange -asy vg/data 2>&1 || true; } | has speaks; }
wait_for 20 "clvmd of node 1" refusing 1
wait_for 20 "clvmd of node 3" refusing 3
refused 1 'clvmd on n3 speaks protocol 7 to 7, clvmd on n1 1: install the same version' \
	lvcreate -y -m1 -L 16M -n x vg
refused 2 'clvmd on n3 speaks protocol 7 to 7, clvmd on n2 1: install the same version' \
	lvchange -asy vg/data
refused 3 'clvmd on n[12] speaks protocol 1 to 1, clvmd on n3 7: install the same version' \
	lvcreate -y -m1 -L 16M -n x vg
check_gone vg/x
check_inactive vg/data 3
# a node alone needs nobody
on 1 lvchange -aln vg/data
on 1 lvchange -aly vg/data
replace clvmd clvmd
wait_for 30 "activation on all nodes" on 1 lvchange -asy vg/data
check_active vg/data "1 2 3"
check_legs vg/data
