#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# configure: what it says when something is missing, and what it writes.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

configure() {
	"$CM_TOP_SRCDIR/configure" --quiet "$@" 2>&1
}

# No pkg-config files, no headers and libraries outside the C library's own.
out=$(PKG_CONFIG_LIBDIR=/nonexistent ac_cv_header_libaio_h=no ac_cv_lib_lvm2cmd_lvm2_init=no \
	configure)
is 'exit code when libraries are missing' "$?" 1
for p in libdevmapper-dev libcpg-dev libquorum-dev libcmap-dev libcfg-dev libdlm-dev \
	libcorosync-common-dev libdlmcontrol-dev liblvm2-dev libaio-dev; do
	like "the package $p is named" "$out" \
		"^  library [a-z0-9_]+: install the Debian package $p\$"
done
like 'the line above says what helps' "$out" 'these are missing \(scripts/bootstrap installs all'
ok 'no Makefile is left' test ! -e Makefile

out=$(configure --with-lvm=bin/lvm)
is 'a relative --with-lvm' "$?" 1
like 'is named' "$out" 'with-lvm=bin/lvm: not an absolute path'
out=$(configure --with-lvm=/nonexistent/lvm)
is 'a --with-lvm that is not there' "$?" 1

printf '#!/bin/sh\n' > "$dir/lvm"
chmod +x "$dir/lvm"
out=$(configure --with-lvm="$dir/lvm" --prefix=/opt/m --with-run-dir=/tmp/r --enable-ubsan)
is 'configures out of the tree' "$?" 0
is 'silently' "$out" ''
like 'the lvm that was named' "$(cat config.h)" "^#define LVM_PATH \"$dir/lvm\"\$"
like 'the run folder' "$(cat config.h)" '^#define CM_RUN_DIR "/tmp/r"$'
like 'the configuration is in /etc whatever the prefix' "$(cat config.h)" \
	'^#define CM_SYSCONF_DIR "/etc"$'
like 'the version is that of VERSION' "$(cat config.h)" \
	"^#define CM_VERSION \"$(cat "$CM_TOP_SRCDIR/VERSION")\"\$"
like 'the prefix' "$(cat make.tmpl)" '^prefix = /opt/m$'
like 'the sanitizer' "$(cat make.tmpl)" '-fsanitize=undefined'
tap_done
