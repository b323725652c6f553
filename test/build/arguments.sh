#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a stranger types: wrong and missing arguments give one line that names what is wrong, the
# right exit status, and nothing else happens. No daemon, no device.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${CM_TOP_BUILDDIR:=$CM_TOP_SRCDIR}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export LVM_SUPPRESS_FD_WARNINGS=1
for p in tools/cmlvm tools/cmirrorctl daemons/clvmd/clvmd daemons/cmirrord/cmirrord; do
	ln -s "$(realpath "$CM_TOP_BUILDDIR/$p")" "$dir/"
done
for p in lvcreate lvchange vgchange lvremove lvm; do
	ln -s cmlvm "$dir/$p"
done

# says CODE PATTERN COMMAND...
says() {
	local code=$1 pattern=$2 out status
	shift 2
	out=$(timeout 20 "$dir/$1" "${@:2}" 2>&1 < /dev/null)
	status=$?
	is "$*: exit status" "$status" "$code"
	like "$*" "$out" "$pattern"
}

says 2 '^cmirrorctl: which command: status, stats' cmirrorctl
says 2 '^cmirrorctl: unknown command: frobnicate' cmirrorctl frobnicate
says 2 '^cmirrorctl: unknown option: --bogus$' cmirrorctl --bogus status
says 2 '^cmirrorctl: unknown option: --json=3$' cmirrorctl --json=3 status
says 2 '^cmirrorctl: unknown option: -j$' cmirrorctl -jx status
says 2 '^cmirrorctl: unknown option: -x$' cmirrorctl status -x
says 2 '^cmirrorctl: unexpected argument: vg/x$' cmirrorctl log vg/x
says 0 '^cmirrorctl [0-9]' cmirrorctl --version
says 0 '^Usage: cmirrorctl' cmirrorctl -h

for d in clvmd cmirrord; do
	says 2 "^$d: --log-level loud: must be err, warn, info or debug\$" $d --log-level loud
	says 2 "^$d: --cluster moon: must be corosync or local\$" $d -f --cluster moon
	says 2 "^$d: unexpected argument \"now\"\$" $d -f now
	says 2 'unrecognized option .*--bogus' $d --bogus
	says 2 'requires an argument' $d --cluster
	says 0 "^$d .*[0-9]" $d -V
	says 0 'log-level' $d --help
done

says 3 '^usage: cmlvm' cmlvm
says 3 '^cmlvm: unknown option: --bogus$' cmlvm --bogus
says 0 '^usage: cmlvm' cmlvm -h
says 0 '^cmlvm [0-9]' cmlvm --version

# The commands: what is not ours to judge is said by stock lvm, in its words.
for c in 'lvcreate' 'lvchange' 'lvremove' 'lvm lvcreate' 'cmlvm lvcreate' 'cmlvm lvm lvremove'; do
	# shellcheck disable=SC2086
	says 3 'No command with matching syntax recognised' $c
done
says 3 'unrecognized option .*--bogus' lvcreate --bogus -m1 -L 1G vg
says 3 'Invalid argument for --activate: zz' lvchange -azz vg/lv
says 3 'Option -a/--activate may not be repeated' lvchange -asy -an vg/lv
says 3 'Option -a/--activate may not be repeated' vgchange -asy -an vg
says 5 'Volume group "cm-no-such-vg" not found' lvcreate -m1 -L 1G -n x cm-no-such-vg
says 5 'Volume group "cm-no-such-vg" not found' lvchange -asy cm-no-such-vg/x
says 5 'Volume group "cm-no-such-vg" not found' vgchange -aln cm-no-such-vg
says 5 'Volume group "cm-no-such-vg" not found' lvremove cm-no-such-vg/x
for c in lvcreate lvchange vgchange lvremove; do
	says 0 "^ *$c - " $c --help
	says 0 'LVM version:' $c --version
done
tap_done
