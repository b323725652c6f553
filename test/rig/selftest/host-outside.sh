#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The rig program seen from outside: options, exit status, reports, and that nothing is left behind
# however it ends. Not run in a rig: starts its own.
set -eu
rig=$(cd "$(dirname "$0")/.." && pwd)/rig
work=$(mktemp -d)
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
trap 'rm -rf "$work"' EXIT
trap 'echo "host-outside: line $LINENO: $BASH_COMMAND" >&2' ERR

script() { cat > "$work/$1"; }
status_of() { local s=0; "$@" > "$work/out" 2>&1 || s=$?; echo $s; }
says() { grep -q -- "$1" "$work/out" || { echo "no '$1' in:"; cat "$work/out"; return 1; }; }
made() { compgen -G "$TMPDIR/rig.*/$1" > /dev/null; }
one_node=(--nodes 1 --disks 1 --corosync none)

# what is wrong is said in one line, with status 2, before anything is made
for bad in '--engine kvm' '--smp 2' '--nodes 6' '--ip 5' '--install /nowhere' '--size much' \
	'--two-node' '--what'; do
	# shellcheck disable=SC2086 # words
	[ "$(status_of "$rig" run $bad /dev/null)" = 2 ]
	[ "$(wc -l < "$work/out")" = 1 ]
done
[ "$(status_of "$rig" run /no/script)" = 2 ]
[ -z "$(ls "$TMPDIR")" ]

# the script's status is the rig's; arguments arrive; a good run leaves no folder, a failed one
# its logs
script good <<< '[ "$1/$2" = "a b/c" ]; on 1 true'
[ "$(status_of "$rig" run "${one_node[@]}" "$work/good" 'a b' c)" = 0 ]
[ -z "$(ls "$TMPDIR")" ]
script bad <<< 'on 1 "exit 5"'
[ "$(status_of "$rig" run "${one_node[@]}" "$work/bad")" = 5 ]
says 'logs in'
says '/bad:1: on 1 "exit 5"'
made log/console-1
grep -q dmesg "$TMPDIR"/rig.*/log/state-1
[ "$(status_of made bin)" = 1 ]
rm -rf "$TMPDIR"/rig.*
script skip <<< 'on 1 "echo no such thing here; exit 77"'
[ "$(status_of "$rig" run "${one_node[@]}" "$work/skip")" = 77 ]

# several scripts in one boot: all run, each is reported, the dead are replaced in between
script crash <<< 'on 1 touch /tmp/boot-1; crash 1; echo after the crash; false'
script fresh <<< 'fails on 1 test -e /tmp/boot-1'
script core <<< 'on 1 "kill -SEGV \$\$" || true'
script slow <<< 'sleep 100'
script good2 <<< 'on 1 true'
status=$(status_of "$rig" run "${one_node[@]}" --script-time 3 --each \
	"$work"/{good2,crash,fresh,core,slow,skip})
[ "$status" = 1 ]
says "^ok .*/good2"
says "^FAILED .*/crash (status 1"
says "^after the crash"
says "^ok .*/fresh"
says "^FAILED .*/core (status 1"
says "core dumps: .*core-n1-bash-"
says "^FAILED .*/slow (status 124"
says "^skipped .*/skip (no such thing here)"
rm -rf "$TMPDIR"/rig.*

# time-out of the whole
script hang <<< 'on 1 sleep 1000'
[ "$(status_of "$rig" run "${one_node[@]}" --time 8 "$work/hang")" = 124 ]
says 'timed out after 8 s'
made log/console-1

# killed from outside: no process of it is left, and so neither its namespaces, taps nor mounts
# (The pattern is in a file, because grep would see it in its own command line.)
echo "$TMPDIR/rig." > "$work/pattern"
left()
{
	grep -lzsF -f "$work/pattern" /proc/[0-9]*/cmdline /proc/[0-9]*/environ |
		cut -d/ -f3 | sort -u
}
[ -z "$(left)" ]
[ "$(status_of "$rig" on "$TMPDIR"/rig.* 1 true)" = 2 ]
says 'no rig runs in'
for signal in INT TERM KILL; do
	rm -rf "$TMPDIR"/rig.*
	env --default-signal=INT setsid "$rig" run "${one_node[@]}" "$work/hang" \
		> "$work/out" 2>&1 &
	pid=$!
	for ((i = 0; i < 200; i++)); do
		made nodes/1.pid && break
		sleep 0.1
	done
	[ "$("$rig" on "$TMPDIR"/rig.* 1 hostname)" = n1 ]
	[ -n "$(left)" ]
	kill -$signal "$pid"
	wait "$pid" || true
	for ((i = 0; i < 50; i++)); do
		[ -n "$(left)" ] || break
		sleep 0.1
	done
	[ -z "$(left)" ]
done

# several rigs at the same time
script two <<< 'cluster_up
on_all corosync-quorumtool -s | grep "Total votes: *2" > /dev/null
crash 2'
"$rig" run --nodes 2 "$work/two" > "$work/one.out" 2>&1 &
pid=$!
[ "$(status_of "$rig" run --nodes 2 "$work/two")" = 0 ]
wait "$pid"
echo "all as it should be"
