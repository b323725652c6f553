#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# -m2: three legs.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
disk leg2 16M
fill $leg0
daemon_start
mirror_make cmt "$(table_ours cmt-117 $log 1024 $leg0 $leg1 $leg2)"
wait_synced cmt
verify write --dev /dev/mapper/cmt --area 0:2048 --seconds 2 --rate 200 > $T/journal
mirror_remove cmt
legs_equal $leg0 $leg1 $leg2
