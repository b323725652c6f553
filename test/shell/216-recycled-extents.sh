#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A new log on the extents of old ones: full of good checksums and set bits, and yet the mirror
# starts out of sync.
. "$RIG_SRC/test/shell/lib/aux.sh"
mirror old 32M
wait_sync vg/old
where=$(get_lv 1 vg/old_mlog seg_pe_ranges)
on 1 lvremove -y vg/old
on 2 "dd if=/dev/urandom of=/dev/ubda bs=1M seek=1 count=40 oflag=direct status=none"
mirror new 32M -an
[ "$(get_lv 1 vg/new_mlog seg_pe_ranges)" = "$where" ] || skip "the log has other extents"
on 1 lvchange -ay vg/new
wait_sync vg/new
check_legs vg/new
# by stock lvm, too
on 1 lvremove -y vg/new
on 2 "dd if=/dev/urandom of=/dev/ubda bs=1M seek=1 count=40 oflag=direct status=none"
mirror new 32M -an
on 1 lvchange -aey vg/new
wait_for 60 "sync by stock lvm" check_synced vg/new 1
check_legs vg/new 1
