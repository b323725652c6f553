#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/check: the closing line is the last one whatever happens, and --all goes on where it was.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# script FILE: from stdin, in a small tree that stands for the real one.
script() {
	mkdir -p "$(dirname "tree/$1")"
	{ echo '#!/bin/sh'; cat; } > "tree/$1"
	chmod +x "tree/$1"
}

# shellcheck disable=SC2016
script scripts/bootstrap <<< 'exit ${BOOTSTRAP_CODE-0}'
script scripts/tidy <<< 'exit 0'
cp "$CM_TOP_SRCDIR/scripts/check" "$CM_TOP_SRCDIR/scripts/run-tests" tree/scripts/
echo 'AC_INIT([small], [1])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT' > tree/configure.ac
echo 1 > tree/VERSION
# shellcheck disable=SC2016
printf '%s\n' 'all tests:' '	@exit $${MAKE_CODE-0}' 'check:' \
	'	@echo "ok   something"; echo "$${RESULT-7 passed, 0 failed, 1 skipped}"' \
	> tree/Makefile.in
(cd tree && autoconf && rm -rf autom4te.cache)

export CM_BUILD_DIR=$dir/build
check() {
	tree/scripts/check "$@" 2>&1
}
last() {
	printf '%s\n' "$out" | tail -n 1
}

out=$(check)
is 'exit code of a good run' "$?" 0
is 'its last line' "$(last)" '7 passed, 0 failed, 1 skipped'
like 'the tests are shown' "$out" '^ok   something$'
out=$(RESULT='7 passed, 2 failed, 0 skipped' check)
is 'exit code when a test failed' "$?" 1
is 'the last line' "$(last)" '7 passed, 2 failed, 0 skipped'
out=$(RESULT='' check)
is 'exit code without a result' "$?" 1
is 'which is a failure' "$(last)" '0 passed, 1 failed, 0 skipped'
out=$(MAKE_CODE=1 check)
is 'exit code when make fails' "$?" 1
is 'which is a failure too' "$(last)" '0 passed, 1 failed, 0 skipped'
like 'that is named' "$out" '^check: make failed, whole output: '
out=$(BOOTSTRAP_CODE=1 check)
is 'a failed bootstrap' "$(last)" '0 passed, 1 failed, 0 skipped'

# The long ones: good passes, bad fails until told otherwise; both leave a line in ran.
script test/all/a-good.sh <<< "echo good >> '$dir/ran'; printf 'ok 1 - a\nok 2 - b\n1..2\n'"
script test/all/b-bad.sh << E2
echo bad >> '$dir/ran'
[ -e '$dir/mended' ] && printf 'ok 1 - c\n1..1\n' && exit
printf 'not ok 1 - c\n1..1\n'
exit 1
E2
out=$(check)
is 'the long ones run only with --all' "$(cat ran 2> /dev/null)" ''
out=$(check --all)
is 'exit code of --all with a failure' "$?" 1
is 'the sum has all of them' "$(last)" '9 passed, 1 failed, 1 skipped'
out=$(check --all)
is 'what has passed is not run again' "$(grep -c good ran)" 1
is 'but counts' "$(last)" '9 passed, 1 failed, 1 skipped'
is 'what has failed is' "$(grep -c bad ran)" 2
touch mended
out=$(check --all)
is 'exit code when all has passed' "$?" 0
is 'and the sum' "$(last)" '10 passed, 0 failed, 1 skipped'
echo '# changed' >> tree/Makefile.in
out=$(check --all)
is 'another tree is tried anew' "$(grep -c good ran)" 2
out=$(check --all --fresh)
is 'so is the same, with --fresh' "$(grep -c good ran)" 3

# A run that is told to stop tells its tests, and waits for them.
printf '%s\n' 'all tests:' 'check:' "	@exec $dir/slow" > tree/Makefile.in
cat > slow << E2
#!/bin/sh
trap 'echo stopped >> $dir/ran; exit 1' TERM
echo started >> $dir/ran
while :; do sleep 0.1; done
E2
chmod +x slow
rm build/config.status
tree/scripts/check > out 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do
	grep -q started ran && break
	sleep 0.1
done
kill -TERM $pid
wait $pid
is 'exit code of an interrupted run' "$?" 1
is 'its last line' "$(tail -n 1 out)" '0 passed, 1 failed, 0 skipped'
is 'the tests had time to end' "$(tail -n 1 ran)" stopped
ok 'the tests are gone' test "$(pgrep -f "$dir/slow")" = ''
echo '# stale' >> tree/configure
out=$(check)
like 'a configure that does not fit configure.ac' "$out" '^check: configure is up to date failed'
tap_done
