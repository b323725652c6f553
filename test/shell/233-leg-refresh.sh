#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A leg fails on one node while it writes: the write waits. The leg comes back, lvchange --refresh
# loads the table anew there: the write ends well and the legs are the same.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror data 16M
wait_sync vg/data
table=$(on 2 dmsetup table vg-data_mimage_1)
leg_is() { # leg_is TABLE: noflush, as the mirror's own suspends are
	on 2 "dmsetup suspend --noflush vg-data_mimage_1
		echo '$1' | dmsetup load vg-data_mimage_1; dmsetup resume vg-data_mimage_1"
}
health() { on 2 dmsetup status vg-data | grep -E " $1 "; }

leg_is "0 32768 error"
bg 2 write dd if=/dev/urandom of=/dev/vg/data bs=4k count=4 oflag=direct
wait_for 10 "a failed leg" health AD
bg_runs write
leg_is "$table"
on 1 lvchange --refresh vg/data
bg_wait write 20
wait_for 10 "both legs" health AA
wait_sync vg/data
check_legs vg/data
