#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every decoder under libFuzzer for a while: CM_FUZZ_S seconds each.
. "$(dirname "$(realpath "$0")")/lib.sh"
build=$(cd "${CM_TOP_BUILDDIR:-.}" && pwd)
for file in "$(dirname "$(realpath "$0")")"/../fuzz/fuzz_*.c; do
	name=$(basename "$file" .c)
	name=${name#fuzz_}
	all_one "fuzz $name" make -s -C "$build/test" fuzz FUZZ="$name" FUZZ_S="${CM_FUZZ_S:-60}"
done
all_finish
