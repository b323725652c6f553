#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install: what lands where, and that a stock LVM command is never overwritten.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${CM_TOP_BUILDDIR:=$CM_TOP_SRCDIR}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dest=$(mktemp -d) || exit 1
trap 'rm -rf "$dest"' EXIT

do_make() {
	make -s --no-print-directory -C "$CM_TOP_BUILDDIR" "$@" DESTDIR="$dest" 2>&1
}

sbindir=$(make -s -C "$CM_TOP_BUILDDIR/tools" -f - show << 'END'
default: show
include Makefile
show:
	@echo $(sbindir)
END
)
links='lvchange lvcreate lvremove vgchange'

# What is still to be built says so in more lines than one.
do_make all > /dev/null

# First a machine where they are stock: a link to lvm, as Debian has it, or a file.
mkdir -p "$dest$sbindir"
ln -s lvm "$dest$sbindir/vgchange"
out=$(do_make install)
is 'refused' "$?" 2
like 'it names the command and the way out' "$out" \
	"^install: $dest$sbindir/vgchange is a stock LVM command and stays: .*--prefix"
is 'one line beside make'\''s own' "$(printf '%s\n' "$out" | grep -vc '^make')" 1
is 'nothing was installed' "$(ls "$dest$sbindir")" vgchange
is 'and the command is as it was' "$(readlink "$dest$sbindir/vgchange")" lvm
rm "$dest$sbindir/vgchange"
echo stock > "$dest$sbindir/lvcreate"
do_make install > /dev/null
is 'a plain file is refused too' "$?" 2
do_make uninstall > /dev/null
is 'uninstall leaves it as well' "$(cat "$dest$sbindir/lvcreate")" stock
rm "$dest$sbindir/lvcreate"

out=$(do_make install)
is 'installs where nothing is' "$?" 0
for l in $links; do
	is "$l is the multi-call program" "$(readlink "$dest$sbindir/$l")" cmlvm
done
for p in cmlvm cmirrorctl cmirrord clvmd; do
	ok "$p is installed" test -x "$dest$sbindir/$p"
done
out=$(do_make install)
is 'installs again over itself' "$?" 0
do_make uninstall > /dev/null
is 'uninstall' "$?" 0
is 'leaves no file behind' "$(find "$dest" ! -type d)" ''
tap_done
