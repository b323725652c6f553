#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh HEADER COMPILER [FLAGS...]: what has the kernel that FLAGS are for? Each question is a
# file probe_NAME.c beside this script: HEADER defines CMK_HAVE_NAME if it compiles. probe_none.c
# asks for nothing: if that does not compile, no answer means anything.
set -eu
here=$(dirname "$0")
header=$1
shift

# What is no such function, or another one; not any warning: W=1 finds some in kernels' headers.
wrong='-Wno-error -Werror=implicit-function-declaration -Werror=incompatible-pointer-types
	-Werror=int-conversion'

compiles() {
	# shellcheck disable=SC2086 # options are words
	"$@" $wrong -c -o "$header.o" "$here/probe_$name.c" > "$header.log" 2>&1
}

name=none
compiles "$@" || {
	cat "$header.log" >&2
	echo "$here/probe.sh: nothing compiles for this kernel: is its folder whole, and made" \
		"for this compiler?" >&2
	exit 1
}
echo '/* SPDX-License-Identifier: GPL-2.0-only */' > "$header.new"
for file in "$here"/probe_*.c; do
	name=${file##*/probe_}
	name=${name%.c}
	have=CMK_HAVE_$(echo "$name" | tr '[:lower:]' '[:upper:]')
	if [ "$name" != none ] && compiles "$@"; then
		echo "#define $have 1"
	elif [ "$name" != none ]; then
		echo "/* no $have */"
	fi
done >> "$header.new"
mv "$header.new" "$header"
rm -f "$header.o" "$header.log"
