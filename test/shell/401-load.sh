#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module is the tree's, is found by its name, by the log types' and by its netlink family, and
# goes again. Runs in a node.
set -eu
# shellcheck source=test/shell/lib/kernel.sh
. /src/test/shell/lib/kernel.sh
die() { echo "$*"; exit 1; }
loaded() { grep -q '^dm_log_cmirror ' /proc/modules; }

modprobe -a dm-mirror
[ "$(modinfo -F version dm-log-cmirror)" = "$(cat /src/VERSION)" ] ||
	die "version $(modinfo -F version dm-log-cmirror), of the tree $(cat /src/VERSION)"

for name in dm-log-cmirror dm-log-cmirror-disk dm-log-cmirror-core \
	net-pf-16-proto-16-family-cmirror; do
	modprobe $name
	loaded || die "modprobe $name has not loaded it"
	modprobe -r dm-log-cmirror
	! loaded || die "modprobe -r has not unloaded it"
done

# A table that names the type is enough. It is refused, for there is no daemon, and with a reason.
dmesg -C
for log in 'cmirror-disk 3 LVM-kt /dev/ubda 128' 'cmirror-core 2 LVM-kt 128'; do
	! dmsetup create kt --table "0 8192 mirror $log 2 /dev/ubdb 0 /dev/ubdc 0" 2> /dev/null ||
		die "$log: a mirror without cmirrord"
	loaded || die "$log: a table has not loaded it"
	dmesg -c | grep -q 'cmirror: cmirrord is not running: start it' ||
		die "$log: refused, but not for want of cmirrord"
	modprobe -r dm-log-cmirror
done

for ((i = 0; i < 20; i++)); do
	modprobe dm-log-cmirror
	modprobe -r dm-log-cmirror
done
kernel_is_silent
