#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The simulator is awake: each mutant of test/sim/mutants fails the run that it names, by a rule or
# an assertion, and lib/core as it is passes that run. CM_MUTANTS: only those, names with a space
# between.
. "$(dirname "$(realpath "$0")")/lib.sh"
run_max_s=300
top=${CM_TOP_SRCDIR:-$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)}
build=$(cd "${CM_TOP_BUILDDIR:-.}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mutants.XXXXXX")
trap 'rm -rf "$all_out" "$work"' EXIT

sim_run() { # sim_run SIM RUN
	# shellcheck disable=SC2086 # words
	timeout "$run_max_s" "$1" $2
}

# good RUN: true when the core as it is passes. Each RUN is tried once.
good() {
	local passed
	passed=$work/passed.$(cksum <<< "$1" | tr ' ' .)
	[ -e "$passed" ] && return
	sim_run "$build/test/sim/sim" "$1" || { echo "the core as it is fails $1"; return 1; }
	: > "$passed"
}

mutant_build() { # mutant_build FOLDER FILE SED
	mkdir "$1" && sed "$3" "$top/lib/core/$2" > "$1/mutant.c" || return
	! cmp -s "$1/mutant.c" "$top/lib/core/$2" || { echo "nothing is changed in $2"; return 1; }
	make -s -C "$build/test" MUTANT="$1" "$1/sim"
}

# caught NAME FILE RUN SED: true when RUN fails with this change of FILE.
caught() {
	local folder=$work/$1 status=0
	good "$3" && mutant_build "$folder" "$2" "$4" || return
	sim_run "$folder/sim" "$3" > "$work/out" 2>&1 || status=$?
	rm -rf "$folder"
	cat "$work/out"
	[ "$status" != 0 ] && [ "$status" != 124 ] &&
		grep -Eq '^# (I[0-9]+|format|kernel) at |assertion failed' "$work/out"
}

mutant() { # mutant NAME RULE FILE RUN SED
	[[ " ${CM_MUTANTS:-$1} " == *" $1 "* ]] || return 0
	all_one "$1 ($2)" caught "$1" "$3" "$4" "$5"
}

make -s -C "$build/test" sim/sim > "$work/log" 2>&1 || {
	cat "$work/log"
	echo "Bail out! the simulator is not there"
	exit 1
}
. "$top/test/sim/mutants"
all_finish
