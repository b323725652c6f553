#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL of cmirrord in the middle of the first synchronisation: it goes on and ends with equal
# legs.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 64M
disk leg1 64M
fill $leg0
fill $leg1
daemon_start
# At full speed the module has a mirror of this size in sync before anybody can look.
resync_throttle 10
mirror_make cmt "$(table_ours cmt-106 $log 16 $leg0 $leg1)"
until_true 20 "some synced regions" eval 's=$(synced cmt); [ "${s%/*}" -gt 10 ]'
! is_synced cmt || die "synced before it could be killed"
daemon_kill9
resync_throttle 100
daemon_start
# what clvmd does when cmirrord asks for it: the kernel may have been told something that the former
# daemon took with it
resumed_and_synced() {
	if [[ "$(cmirrorctl status)" == *"recovery waits for clvmd"* ]]; then
		dmsetup suspend --noflush --nolockfs cmt
		dmsetup resume cmt
	fi
	is_synced cmt
}
until_true 60 "sync after the restart" resumed_and_synced
mirror_remove cmt
legs_equal $leg0 $leg1
