#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fence server of a rig: answers the nodes' fence agents (node/fence). A request is a file
# fence/R-V-id.req (node R wants V dead); the answer "dead" is written only when V is proven gone.
# One request at a time and never one of a dead node: who was killed cannot kill back.
#
# Test hook: fence/mode or fence/mode-V holds one of
#	ok          (also: no file)
#	fail        answer "failed", V untouched
#	late SECS   kill and answer that much later
#	hold        neither, until the word changes
set -u
. "$(dirname "$0")/host.sh"
cd "$RIG_DIR/fence" || exit 1

note() { echo "$(date +%T.%3N) $*" >> "$RIG_DIR/log/fence"; }

mode_of() {
	local f
	for f in "mode-$1" mode; do
		if [ -e "$f" ]; then cat "$f"; return; fi
	done
	echo ok
}

answer() {
	echo "$2" > "$1.ans.new"
	mv "$1.ans.new" "$1.ans"
	rm -f "$1.req" "$1.due"
}

kill_and_answer() {
	local ask=$1 asker=$2 victim=$3 was=running boot
	node_lives "$victim" || was="not running"
	read -r boot < "$RIG_DIR/nodes/$victim.boots"
	if node_kill "$victim" 2>> "$RIG_DIR/log/fence"; then
		note "node $asker fenced node $victim (boot $boot, $was): proven dead"
		answer "$ask" dead
	else
		note "node $asker asked for node $victim: no proof"
		answer "$ask" failed
	fi
}

# late: the due time is stored once, the loop goes on meanwhile.
serve_late() {
	local ask=$1 secs=$4 due
	[ -e "$ask.due" ] || echo $((SECONDS + secs)) > "$ask.due"
	read -r due < "$ask.due"
	[ $SECONDS -lt "$due" ] || kill_and_answer "$1" "$2" "$3"
}

serve() {
	local ask=$1 asker victim mode arg
	IFS=- read -r asker victim _ <<< "$ask"
	if ! node_known "$victim" || ! node_lives "$asker"; then
		note "node $asker asked for node '$victim': refused"
		rm -f "$ask.req" "$ask.due"
		return
	fi
	read -r mode arg < <(mode_of "$victim")
	case $mode in
	ok) kill_and_answer "$ask" "$asker" "$victim" ;;
	fail) note "node $asker asked for node $victim: told to fail"; answer "$ask" failed ;;
	late) serve_late "$ask" "$asker" "$victim" "$arg" ;;
	hold) ;;
	*) note "unknown mode '$mode'"; answer "$ask" failed ;;
	esac
}

# The lock is shared with crash(): a node does not get an answer while it is being killed.
: >> "$RIG_DIR/log/fence"
mkfifo tick
exec 8<> tick
while :; do
	for req in *.req; do
		[ -e "$req" ] || continue
		exec 9> lock
		flock 9
		serve "${req%.req}"
		exec 9>&-
	done
	read -r -t 0.1 -u 8
done
