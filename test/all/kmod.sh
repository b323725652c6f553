#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module against Debian's kernels, with all warnings and sparse; checkpatch over its sources.
. "$(dirname "$(realpath "$0")")/lib.sh"
top=$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)
build=${CM_TOP_BUILDDIR:-.}

# silent COMMAND...: succeeds, and says nothing about a file of ours. (sparse finds things in the
# kernel's headers, too.)
silent() {
	local out status=0
	out=$("$@" 2>&1) || status=$?
	printf '%s\n' "$out"
	[ $status = 0 ] && ! grep -E '(/|^)(cmk?_[a-z_]*|cmirror|bdev)\.[ch]:[0-9]' <<< "$out"
}

kernel_build() { # kernel_build KIND
	local kdir ko
	kdir=$("$top/scripts/kernel-tree" "$1") || return
	ko=$(realpath "$build")/kmod/ko/all-$1
	rm -rf "$ko"
	silent make --no-print-directory -C "$build/kmod" KDIR="$kdir" KO="$ko" W=1 C=2
}

checkpatch() {
	local source
	source=$("$top/scripts/kernel-tree" source) || return
	cd "$top/kmod" || return
	find . -name '*.[ch]' ! -name '*.mod.c' ! -name cmk_compat.h ! -path './ko/*' -print0 |
		xargs -0 "$source/scripts/checkpatch.pl" --strict --no-tree --no-summary -f
}

for kernel in 6.1 6.12; do
	all_one "$kernel: W=1 and sparse are silent" kernel_build $kernel
done
all_one 'checkpatch --strict is silent' checkpatch
all_finish
