#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/run-tests: whatever goes wrong in a test program ends up in the sum.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset CM_NO_NODES
nl=$'\n'

# A tree of its own, so that neither real tests nor the real list of skips take part.
mkdir -p tree/scripts
cp "$CM_TOP_SRCDIR/scripts/run-tests" tree/scripts/
printf '#!/bin/sh\nexit 0\n' > tree/scripts/tidy
printf '# comment\nmay/*: no machine has it\n' > tree/scripts/skips
chmod +x tree/scripts/tidy

# script NAME: a test program from stdin
script() {
	{ echo '#!/bin/sh'; cat; } > "$1"
	chmod +x "$1"
}

# sum NAME WANT EXIT [ARGS]: the closing line and the exit code of running NAME.
sum() {
	local name=$1 want=$2 code=$3 out
	shift 3
	out=$(tree/scripts/run-tests -t "$name" "$@" "$name" 2>&1)
	is "$name: exit code" "$?" "$code"
	is "$name: sum" "$(printf '%s\n' "$out" | tail -n 1)" "$want"
}

script good <<< 'printf "ok 1 - a\nok 2 - b # 5\n1..2\n"'
script bad <<< 'printf "ok 1 - a\nnot ok 2 - b\n# why\n1..2\n"; exit 1'
script no-plan <<< 'printf "ok 1 - a\n"'
script short <<< 'printf "ok 1 - a\n1..2\n"'
script dies <<< 'printf "ok 1 - a\n1..1\n"; kill -ABRT $$'
script code <<< 'printf "ok 1 - a\n1..1\n"; exit 3'
script silent <<< 'exit 0'
script silent-bad <<< 'exit 1'
script may-skip <<< 'printf "ok 1 - may/this # SKIP no disk\nok 2 - b\n1..2\n"'
script must-not <<< 'printf "ok 1 - other # SKIP no disk\n1..1\n"'
script bails <<< 'printf "ok 1 - a\nBail out! no\n1..1\n"'
script hangs <<< 'printf "ok 1 - a\n1..1\n"; exec sleep 100'
script stops <<< 'trap "exit 0" TERM; printf "ok 1 - a\n1..1\n"; while :; do sleep 0.1; done'

sum good '2 passed, 0 failed, 0 skipped' 0
sum bad '1 passed, 1 failed, 0 skipped' 1
sum no-plan '1 passed, 1 failed, 0 skipped' 1
sum short '1 passed, 1 failed, 0 skipped' 1
sum dies '1 passed, 1 failed, 0 skipped' 1
sum code '1 passed, 1 failed, 0 skipped' 1
sum silent '1 passed, 0 failed, 0 skipped' 0
sum silent-bad '0 passed, 1 failed, 0 skipped' 1
sum may-skip '1 passed, 0 failed, 1 skipped' 0
sum must-not '0 passed, 1 failed, 0 skipped' 1
sum bails '1 passed, 1 failed, 0 skipped' 1
sum absent '0 passed, 1 failed, 0 skipped' 1
export CM_TEST_LIMIT_S=1
sum hangs '1 passed, 1 failed, 0 skipped' 1
sum stops '1 passed, 1 failed, 0 skipped' 1
unset CM_TEST_LIMIT_S

out=$(tree/scripts/run-tests good bad may-skip 2>&1)
is 'all of them, with tidy' "$(printf '%s\n' "$out" | tail -n 1)" \
	'5 passed, 1 failed, 1 skipped'
is 'a name that nothing has' "$(tree/scripts/run-tests -t other good 2>&1)" \
	"no test is called other${nl}0 passed, 1 failed, 0 skipped"
like 'a failure is shown' "$out" '^ +not ok 2 - b$'
like 'with its reason' "$out" '^ +# why$'
like 'a skip is shown with its reason' "$out" '^skipped: may-skip: may/this: no disk$'
is 'logs are kept' "$(sed -n 3p logs/bad.log)" '# why'

mkdir -p tree/test/shell
script tree/test/shell/run <<< 'echo "ok 1 - shell got: $*"; echo 1..1'
like 'an unknown name goes to the shell tests' \
	"$(tree/scripts/run-tests -t 100-create good 2>&1)" 'shell got: 100-create$'
like 'without a name all of them run' "$(tree/scripts/run-tests good 2>&1)" 'shell got: $'
is 'a known name does not run them' \
	"$(tree/scripts/run-tests -t good good 2>&1 | grep -c 'shell')" 0
tap_done
