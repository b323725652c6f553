# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# tap.sh - TAP for shell tests: source it, call ok/is/like, end with `tap_done`.
tap_count=0
tap_failed=0

# ok NAME COMMAND...: passes when the command succeeds; its output is shown when it does not.
ok() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		tap_line ok "$name"
	else
		tap_line 'not ok' "$name"
		printf '# failed: %s\n' "$*"
		[ -z "$out" ] || printf '%s\n' "$out" | sed 's/^/#   /'
	fi
}

# is NAME GOT WANT: two texts are equal.
is() {
	if [ "$2" = "$3" ]; then
		tap_line ok "$1"
	else
		tap_line 'not ok' "$1"
		printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

# like NAME GOT PATTERN: some line of GOT matches the extended regular expression.
like() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		tap_line ok "$1"
	else
		tap_line 'not ok' "$1"
		printf 'no line matches %s in:\n%s\n' "$3" "$2" | sed 's/^/#   /'
	fi
}

# skip NAME REASON
skip() {
	tap_line ok "$1 # SKIP $2"
}

tap_line() {
	tap_count=$((tap_count + 1))
	[ "$1" = ok ] || tap_failed=$((tap_failed + 1))
	printf '%s %d - %s\n' "$1" $tap_count "$2"
}

# The plan; the exit code of the script.
tap_done() {
	echo "1..$tap_count"
	[ $tap_failed = 0 ] && [ $tap_count -gt 0 ]
	exit
}
