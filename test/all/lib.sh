# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the scripts here, which make one TAP of many runs. Sourced first; `all_finish` last.
all_count=0 all_status=0 all_child=
all_shell_run=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../shell/run
all_out=$(mktemp "${TMPDIR:-/tmp}/all.XXXXXX")
trap 'all_stop 143' TERM HUP
trap 'all_stop 130' INT
trap 'rm -f "$all_out"' EXIT

# What runs has nodes to take down: it is told, and waited for.
all_stop() {
	[ -z "$all_child" ] || { kill -TERM "$all_child" && wait "$all_child"; } 2> /dev/null
	exit "$1"
}

# all_run COMMAND...: its output in $all_out; its status. In the background, for a trap runs only
# between two commands.
all_run() {
	local status=0
	"$@" > "$all_out" 2>&1 &
	all_child=$!
	wait "$all_child" || status=$?
	all_child=
	return $status
}

all_result() { # all_result "ok"|"not ok" NAME
	all_count=$((all_count + 1))
	[ "$1" = ok ] || all_status=1
	echo "$1 $all_count - $2"
}

# all_one NAME COMMAND...: one test by its exit status.
all_one() {
	local name=$1
	shift
	if all_run "$@"; then
		all_result ok "$name"
	else
		grep -v '^ok ' "$all_out" | tail -n 60 | sed 's/^/# /'
		all_result 'not ok' "$name"
	fi
}

# all_shell WHERE NAME...: shell tests, called "NAME, WHERE".
all_shell() {
	local where=$1 line before=$all_count
	shift
	all_run "$all_shell_run" "$@" || all_status=1
	while IFS= read -r line; do
		case $line in
		"ok "*) all_result ok "${line#* - }, $where" ;;
		"not ok "*) all_result 'not ok' "${line#* - }, $where" ;;
		1..* | '# '*' skipped') ;;
		*) echo "# ${line#\# }" ;;
		esac
	done < "$all_out"
	[ "$all_count" != "$before" ] || all_result 'not ok' "$*, $where: nothing was run"
}

all_finish() {
	echo "1..$all_count"
	exit "$all_status"
}
