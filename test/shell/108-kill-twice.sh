#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel replays CTR and RESUME for a write that is about to ask IN_SYNC. The cmirrord that has
# the RESUME dies, and nobody is there when the kernel repeats it: without the process that holds
# the channel the write would go to one leg, and the region would be called in sync.
# long
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 8M
disk leg1 8M
dmsetup create cmtlog --table "0 $(sectors $log) linear $(majmin $log) 0"
daemon_start
mirror_make cmt "$(table_ours cmt-108 /dev/mapper/cmtlog 1024 $leg0 $leg1)"
wait_synced cmt
block_write() {
	dd if=/dev/urandom of=/dev/mapper/cmt bs=4k count=1 seek=$1 oflag=direct status=none
}
block_write 0 # and the kernel knows that all is in sync, and has nothing to ask about that
sleep 8       # nor has it anything that it sends late
daemon_kill9
block_write 512 &
writer=$!

dmsetup suspend --noflush --nolockfs cmtlog # whoever reads it to join has to wait
daemon_start
resume_waits() { [[ "$(timeout 5 cmirrorctl status)" == *cmt-108* ]]; }
until_true 20 "the kernel's replay" resume_waits
sleep 1
kill -KILL "$daemon_pid"
dmsetup resume cmtlog
until_true 10 "the end of cmirrord" eval "! kill -0 $daemon_pid 2> /dev/null"
sleep 17 # the kernel repeats after 15

daemon_start
wait $writer || die "the write failed"
is_synced cmt || die "out of sync: $(synced cmt)"
mirror_remove cmt
legs_equal $leg0 $leg1
