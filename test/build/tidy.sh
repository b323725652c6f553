#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/tidy: each rule finds what breaks it, at the right line, and leaves good code alone.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir -p scripts base lib/core
cp "$CM_TOP_SRCDIR/scripts/tidy" scripts/

nl=$'\n'
spdx='/* SPDX-License-Identifier: GPL-2.0-only */'
good_header="$spdx
#ifndef CM_BASE_GOOD_H
#define CM_BASE_GOOD_H
#endif"

# finds NAME FILE TEXT WANT: FILE with this text gives this and nothing else ('' for nothing).
finds() {
	mkdir -p "$(dirname "$2")"
	printf '%s' "$3" > "$2"
	is "$1" "$(scripts/tidy "$2" | grep -v ' places$')" "$4"
	rm "$2"
}

# The same for one line of C behind the SPDX line.
finds_in_c() {
	finds "$1" "${4-base/a.c}" "$spdx$nl$2$nl" "${3:+${4-base/a.c}:2: $3}"
}

printf '%s\n' "$good_header" > base/good.h
printf '%s\n' "$good_header" > lib/core/core.h
sed -i s/BASE_GOOD/CORE_CORE/ lib/core/core.h
is 'a good tree' "$(git init -q . && scripts/tidy)" ''

finds 'no SPDX line' base/a.c "int a;$nl" \
	'base/a.c:1: no SPDX-License-Identifier: GPL-2.0-only'
finds "a fuzzer's input is as it is" test/fuzz/corpus/a/b 'a 	' ''
finds 'SPDX behind #!' a.sh "#!/bin/sh$nl# SPDX-License-Identifier: GPL-2.0-only$nl" ''
finds 'no newline at the end' base/a.c "$spdx${nl}int a;" 'base/a.c:2: no newline at the end'

long=$(printf 'x%.0s' {1..84})
finds_in_c '100 columns' $'\t\t'"$long" ''
finds_in_c '101 columns' $'\t\t'"x$long" '101 columns, at most 100'
finds_in_c 'white space at the end' 'int a; ' 'white space at the end'
finds_in_c 'indented with spaces' '    int a;' 'indented with spaces'
finds_in_c 'a tab behind spaces' $' \tint a;' 'space before a tab'
finds_in_c 'a path of one machine' "/* $(printf '/%s/' work)x */" 'path of one machine'
todo=$(printf 'TO%s' DO)
finds_in_c 'unfinished' "/* $todo: later */" "$todo without the number of an issue"
finds_in_c 'unfinished, but with its issue' "/* $todo #12: later */" ''

for f in sleep strcpy strcat sprintf strtok atoi system select gets; do
	finds_in_c "$f()" "	$f(a);" "$f() is not to be called"
done
finds_in_c 'snprintf() is something else' '	snprintf(a); x->select(b); my_sleep(1);' ''
finds_in_c 'not in a string or a comment' '	p("sleep(1)"); /* gets(a) */' ''
finds_in_c 'exit() in a library' '	exit(1);' 'exit() is not for a library'
finds_in_c 'exit() in a daemon' '	exit(1);' '' daemons/a.c
finds_in_c 'a macro without parentheses' '#define A 1 << 2' \
	'macro without parentheses around its value'
finds_in_c 'a macro with them' '#define A (1 << 2)' ''

finds_in_c 'base does not include core' '#include "lib/core/core.h"' \
	'"lib/core/core.h": base/ does not include this'
finds_in_c 'store does not include core' '#include "lib/core/core.h"' \
	'"lib/core/core.h": lib/store/ does not include this' lib/store/a.c
finds_in_c 'core includes base' '#include "base/good.h"' '' lib/core/a.c
finds_in_c 'the core is pure' '#include <unistd.h>' '<unistd.h>: the core is pure' lib/core/a.c
finds_in_c 'corosync is for one folder' '#include <corosync/cpg.h>' \
	'<corosync/cpg.h>: only lib/cluster talks to corosync' daemons/a.c
finds_in_c 'from the root of the tree' '#include "good.h"' \
	'"good.h": includes are written from the root of the tree' daemons/a.c
mkdir kmod
printf '%s\n' "$good_header" > kmod/own.h
finds_in_c 'kmod has its own root' '#include "own.h"' '' kmod/a.c
finds_in_c 'and nothing of the tree' '#include "base/good.h"' \
	'"base/good.h": kmod includes the kernel and itself' kmod/a.c
rm -r kmod

finds 'no guard' base/a.h "$spdx${nl}int a;$nl" \
	'base/a.h:2: no include guard ..._H around all of it'
finds 'code behind the guard' base/a.h "$good_header${nl}int a;$nl" \
	'base/a.h:2: no include guard ..._H around all of it'

body() {
	printf '%s\nint f(void)\n{\n' "$spdx"
	for ((i = 2; i < $1; i++)); do printf '\ta();\n'; done
	printf '}\n'
}
finds '70 lines' base/a.c "$(body 70)$nl" ''
finds '71 lines' base/a.c "$(body 71)$nl" 'base/a.c:3: f() has 71 lines, at most 70'

find . -name .git -prune -o -type d -empty -exec rmdir -p {} + 2> /dev/null
mkdir empty
is 'an empty folder' "$(scripts/tidy | head -n 1)" 'empty:1: empty folder'
rmdir empty
cp base/good.h base/again.h
like 'two files with one guard' "$(scripts/tidy)" \
	'^base/good.h:2: include guard CM_BASE_GOOD_H is that of base/again.h too$'
scripts/tidy > /dev/null
is 'exit code with findings' "$?" 1
rm base/again.h
scripts/tidy > /dev/null
is 'exit code without' "$?" 0
tap_done
