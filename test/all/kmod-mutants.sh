#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tests of the module are awake: each mutant of test/kmod/mutants is caught by the one that it
# names. CM_MUTANTS: only those, names with a space between.
. "$(dirname "$(realpath "$0")")/lib.sh"
top=$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX")
trap 'rm -rf "$all_out" "$work"' EXIT

module_build() { # module_build FOLDER
	make -s -C "$kdir" ARCH=um M="$1" KCFLAGS=-w modules
}

mutant_build() { # mutant_build FOLDER FILE SED
	cp -a "$work/good" "$1" && sed -i "$3" "$1/$2" || return
	! cmp -s "$1/$2" "$work/good/$2" || { echo "nothing is changed in $2"; return 1; }
	module_build "$1"
}

# died_in TEST: code that writes beside its memory may take the node with it.
died_in() {
	grep -q 'rig: node .*: died' "$work/out" &&
		[ "$(grep -o -e '--- test_.*' "$work/out" | tail -n 1)" = "--- $1" ]
}

# caught NAME TEST FILE SED: true when TEST fails. Runs in the background: a signal is passed on.
caught() {
	local ko=$work/$1 test=$2 run
	mutant_build "$ko" "$3" "$4" || return
	export CM_KO=$ko/dm-log-cmirror.ko CM_CLIENT=
	case $test in
	test_*) CM_PROGRAMS=$test "$all_shell_run" 402 > "$work/out" 2>&1 & ;;
	*) CM_CLIENT=module "$all_shell_run" "$test-*" > "$work/out" 2>&1 & ;;
	esac
	run=$!
	trap 'kill -TERM $run && wait $run; exit 143' TERM
	wait $run
	cat "$work/out"
	rm -rf "$ko"
	grep -q "^not ok .*\b$test" "$work/out" || died_in "$test"
}

mutant() {
	[[ " ${CM_MUTANTS:-$1} " == *" $1 "* ]] || return 0
	all_one "$1 ($2)" caught "$@"
}

# Copies: kbuild writes beside the sources.
good_build() {
	mkdir "$work/good" &&
		cp -r "$top"/kmod/{Kbuild,*.c,*.h,compat} "$top/VERSION" "$work/good/" &&
		module_build "$work/good"
}

kdir=$("$top/scripts/kernel-tree" uml) && good_build > "$work/log" 2>&1 || {
	cat "$work/log"
	echo "Bail out! the module does not build"
	exit 1
}
. "$top/test/kmod/mutants"
all_finish
