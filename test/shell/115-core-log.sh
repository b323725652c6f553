#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A core log: no device, everything is copied at each activation.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk leg0 16M
disk leg1 16M
fill $leg0
daemon_start
mirror_make cmt "$(table_ours cmt-115 core 1024 $leg0 $leg1)"
wait_synced cmt
legs_equal $leg0 $leg1
mirror_remove cmt
fill $leg1
mirror_make cmt "$(table_ours cmt-115 core 1024 $leg0 $leg1)"
wait_synced cmt
legs_equal $leg0 $leg1
