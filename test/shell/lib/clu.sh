# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For scripts about the cluster layer alone: test/lib/clutool on the nodes, group `clutool`, told
# what to do through a fifo. $RIG_DIR/ct.N has what it prints (test/lib/clutool.c says what), over
# all its lives; each begins with a line "# start". Sourced first, instead of aux.sh.

die() { rig_say "$*"; exit 1; }

ct_cleanup() {
	local status=$? n
	trap - EXIT ERR
	set +e
	rm -f "$RIG_DIR/fence/mode"
	if [ $status != 0 ] && [ $status != 77 ]; then
		tail -n 20 "$RIG_DIR"/ct.*
		collect_logs
		for n in $(rig_live); do crash "$n"; done
	else
		for n in $(rig_live); do ct_kill "$n"; done
	fi
	exit $status
}
trap ct_cleanup EXIT

[ -x "$RIG_DIR/clutool" ] || (
	cd "$RIG_SRC"
	"${CC:-cc}" -std=gnu11 -O1 -g -D_GNU_SOURCE -D_REENTRANT -I. lib/cluster/*.c base/*.c \
		test/lib/clutool.c -o "$RIG_DIR/clutool" -pthread -lcpg -lquorum -lcmap -lcfg \
		-lcorosync_common -ldlm -ldlmcontrol
)
rm -f "$RIG_DIR"/ct.*

# ct_start NODE OPTIONS...
ct_start() {
	local n=$1
	shift
	on "$n" "rm -f /run/ct /run/ct.pid; mkfifo /run/ct"
	echo "# start $*" >> "$RIG_DIR/ct.$n"
	on "$n" "setsid /host/clutool -i /run/ct $* >> /host/ct.$n 2>&1 < /dev/null &
		echo \$! > /run/ct.pid"
}

# ct NODE COMMAND...
ct() {
	local n=$1
	shift
	on "$n" "echo '$*' > /run/ct"
}

# kill -9 and the next life at once
ct_restart() {
	local n=$1
	shift
	echo "# start $*" >> "$RIG_DIR/ct.$n"
	on "$n" "kill -9 \$(cat /run/ct.pid)
		setsid /host/clutool -i /run/ct $* >> /host/ct.$n 2>&1 < /dev/null &
		echo \$! > /run/ct.pid"
}

# kill -9; not there: fine
ct_kill() { on "$1" 'read -r pid < /run/ct.pid && kill -9 $pid' 2> /dev/null || :; }

# What it said in its present life.
ct_life() { tac "$RIG_DIR/ct.$1" | sed '/^# start/q'; }
ct_said() { ct_life "$1" | grep -qE "$2"; }

# ct_wait NODE SECS REGEX: it says so
ct_wait() { wait_for "$2" "'$3' from clutool on node $1" ct_said "$1" "$3"; }

# The last view without the time, e.g. "nr=d00006 members=1,2,3 usable=1 quorate=1"
ct_last_view() { ct_life "$1" | grep -m 1 ' view ' | cut -d' ' -f3-; }
ct_view_is() { ct_last_view "$1" | grep -qE "$2"; }
ct_view() { wait_for "$2" "view '$3' on node $1" ct_view_is "$1" "$3"; }

# All these nodes are in one view, of exactly them, and usable.
ct_settled() {
	local n view members
	members=$(echo "$*" | tr ' ' ,)
	view=$(ct_last_view "$1")
	[[ $view == *" members=$members usable=1 quorate=1" ]] || return 1
	for n; do [ "$(ct_last_view "$n")" = "$view" ] || return 1; done
}
ct_settle() { wait_for 60 "one view of $*" ct_settled "$@"; }

# Whoever went from one view to the same next one (by number and members, for the two sides of a
# partition may count alike) has delivered the same messages in between.
ct_check_cuts() {
	local bad
	bad=$(grep -h ' cut ' "$RIG_DIR"/ct.* | cut -d' ' -f3- | sort -u | awk '
		{ k = $1 $2 $3 $4; v = $5 $6; if (k in seen &&
			seen[k] != v) print k; seen[k] = v }')
	[ -z "$bad" ] || die "different messages delivered: $bad"
}
