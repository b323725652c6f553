#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every fuzzer sees: each mutant of test/fuzz/mutants fails its fuzzer, which begins with the
# committed inputs, within CM_FUZZ_S seconds. CM_MUTANTS: only those, names with a space between.
. "$(dirname "$(realpath "$0")")/lib.sh"
top=${CM_TOP_SRCDIR:-$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)}
build=$(cd "${CM_TOP_BUILDDIR:-.}" && pwd)
# Many small files: in memory.
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)/mutants.XXXXXX")
trap 'rm -rf "$all_out" "$work"' EXIT
export TMPDIR=$work

# caught NAME FILE SED
caught() {
	local status=0
	rm -rf "$work/tree"
	mkdir -p "$work/tree/$(dirname "$2")" "$work/found"
	sed "$3" "$top/$2" > "$work/tree/$2"
	! cmp -s "$work/tree/$2" "$top/$2" || { echo "nothing is changed in $2"; return 1; }
	make -s -C "$build/test" FUZZ_MUTANT="$work" FUZZ_MUTANT_FILE="$2" "$work/fuzz_$1" || return
	"$work/fuzz_$1" -max_total_time="${CM_FUZZ_S:-60}" -max_len=4096 -timeout=10 \
		-artifact_prefix="$work/" "$work/found" "$top/test/fuzz/corpus/$1" \
		> "$work/log" 2>&1 || status=$?
	rm -r "$work/found" "$work/fuzz_$1"
	grep -Eo 'assertion failed.*|ERROR: [A-Z][a-z].*|runtime error:.*|[0-9]* *DONE.*' \
		"$work/log" | head -n 1 > "$work/seen"
	cat "$work/seen"
	[ "$status" != 0 ] && grep -q 'fail\|ERR\|err' "$work/seen"
}

mutant() { # mutant NAME FILE SED
	[[ " ${CM_MUTANTS:-$1} " == *" $1 "* ]] || return 0
	: > "$work/seen"
	all_one "fuzz mutant $1" caught "$@"
	cut -c 1-100 "$work/seen" | sed 's/^/# /'
}

. "$top/test/fuzz/mutants"
all_finish
