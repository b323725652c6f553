# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# For the scripts here, which make one TAP of many runs. Sourced first; `all_finish` last.
#
# CM_ALL_STATE, a folder: what has passed is noted there, one file for each all_one or all_shell,
# and is not run again. Who gives it answers for its being of this commit only.
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

# all_passed NAME: where it is noted that NAME of this script has passed.
all_passed() { echo "${CM_ALL_STATE:-}/$(basename "$0" .sh), ${1//\//_}"; }

# all_again NAME: says again what passed before; false when nothing did.
all_again() {
	local line file
	file=$(all_passed "$1")
	[ -n "${CM_ALL_STATE:-}" ] && [ -e "$file" ] || return
	while IFS= read -r line; do all_result ok "$line"; done < "$file"
}

# all_note NAME: notes what has passed, one test a line on stdin.
all_note() {
	local file
	[ -n "${CM_ALL_STATE:-}" ] || return 0
	file=$(all_passed "$1")
	cat > "$file.tmp" && mv "$file.tmp" "$file"
}

# all_one NAME COMMAND...: one test by its exit status.
all_one() {
	local name=$1
	shift
	all_again "$name" && return
	if all_run "$@"; then
		all_result ok "$name"
		all_note "$name" <<< "$name"
	else
		grep -v '^ok ' "$all_out" | tail -n 60 | sed 's/^/# /'
		all_result 'not ok' "$name"
	fi
}

# all_shell WHERE NAME...: shell tests, called "NAME, WHERE".
all_shell() {
	local where=$1 line before=$all_count failed='' passed=''
	shift
	all_again "shell tests, $where" && return
	all_run "$all_shell_run" "$@" || failed=1 all_status=1
	while IFS= read -r line; do
		case $line in
		"ok "*' # SKIP'*)	# allowed or not: run-tests says; not to be noted as passed
			failed=1
			all_result ok "${line#* - }, $where"
			;;
		"ok "*)
			passed+="${line#* - }, $where"$'\n'
			all_result ok "${line#* - }, $where"
			;;
		"not ok "*) all_result 'not ok' "${line#* - }, $where" ;;
		1..* | '# '*' skipped') ;;
		*) echo "# ${line#\# }" ;;
		esac
	done < "$all_out"
	if [ "$all_count" = "$before" ]; then
		all_result 'not ok' "$*, $where: nothing was run"
	elif [ -z "$failed" ]; then
		all_note "shell tests, $where" <<< "${passed%$'\n'}"
	fi
}

all_finish() {
	echo "1..$all_count"
	exit "$all_status"
}
