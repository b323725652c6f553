#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's part of configure and make, with a folder in the place of a kernel's: what is built
# where, and installed. Real kernels: test/shell/40*, test/all/kmod.sh.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/{build,kernel/include/{generated,config}}
cd "$dir/build" || exit 1

echo 9.9.0 > "$dir/kernel/include/config/kernel.release"	# as Debian's does not mean it
echo '#define UTS_RELEASE "9.9.9-test"' > "$dir/kernel/include/generated/utsrelease.h"
cat > "$dir/kernel/Makefile" << 'END'
modules:
	@test -f $(M)/Kbuild -a -f $(M)/compat/probe.sh && touch $(M)/dm-log-cmirror.ko
	@echo "W=$(W) ARCH=$(ARCH)" > $(M)/said
END

configure() {
	"$CM_TOP_SRCDIR/configure" --quiet "$@" 2>&1
}
kmake() {
	make -s --no-print-directory -C kmod "$@" 2>&1
}
dests() {
	(cd "$dir/dest" && find . ! -type d | sort)
}

out=$(configure --with-kernel="$dir/nowhere")
is 'a folder without a kernel' "$?" 1
like 'is named' "$out" "with-kernel: $dir/nowhere has no kernel headers: install linux-headers-"
out=$(configure --with-kernel=maybe)
is 'a word that is none of the three' "$?" 1
like 'is named too' "$out" 'with-kernel=maybe: not an absolute path, auto or no'
configure > /dev/null
is 'without --with-kernel make leaves it out' "$(sed -n 's/^REST = //p' Makefile)" 'man scripts '
out=$(kmake KDIR="$dir/nowhere")
is 'make -C kmod without a kernel' "$?" 2
like 'says what helps' "$out" "^kmod: $dir/nowhere has no kernel headers: install .*KDIR=\$"

is 'with a kernel it is silent' "$(configure --with-kernel="$dir/kernel")" ''
is 'make includes it' "$(sed -n 's/^REST = //p' Makefile)" 'man scripts kmod'
ko=kmod/ko/9.9.9-test
like 'and builds it' "$(kmake W=1 ARCH=um)" "^  KO  $ko/dm-log-cmirror.ko\$"
ok 'in a folder of the kernel'\''s own' test -f $ko/dm-log-cmirror.ko
is 'variables of the kernel'\''s build reach it' "$(cat $ko/said)" 'W=1 ARCH=um'
ok 'the sources are links' test -L $ko/cmk_main.c
ok 'to the tree' test $ko/cmk_main.c -ef "$CM_TOP_SRCDIR/kmod/cmk_main.c"
is 'the version is at hand' "$(cat $ko/VERSION)" "$(cat "$CM_TOP_SRCDIR/VERSION")"
is 'no file of another build is among them' "$(find $ko -name '*.mod.c')" ''
ln -s /nowhere/cmk_gone.c $ko/cmk_gone.c
kmake > /dev/null
ok 'a source that went away goes here too' test ! -L $ko/cmk_gone.c

kmake install DESTDIR="$dir/dest" > /dev/null
is 'install' "$(dests)" './lib/modules/9.9.9-test/updates/dm-log-cmirror.ko'
kmake uninstall DESTDIR="$dir/dest" > /dev/null
is 'uninstall' "$(dests)" ''
kmake install-dkms DESTDIR="$dir/dest" > /dev/null
version=$(cat "$CM_TOP_SRCDIR/VERSION")
src=$dir/dest/usr/src/cmirror-$version
is 'the sources for dkms are all sources' "$(cd "$src" && ls -- *.[ch] Kbuild compat/*)" \
	"$(cd "$CM_TOP_SRCDIR/kmod" && ls -- *.[ch] Kbuild compat/* |
		grep -Ev '\.mod\.c$|^cmk_compat\.h$')"
like 'with their version' "$(cat "$src/dkms.conf")" "^PACKAGE_VERSION=\"$version\"\$"
kmake uninstall-dkms DESTDIR="$dir/dest" > /dev/null
is 'and go again' "$(dests)" ''
kmake clean
ok 'clean' test ! -e kmod/ko
tap_done
