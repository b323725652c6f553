#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The node that copies dies in the middle of a region, while all write; it is back before the
# copying ends.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
throttle=/sys/module/dm_mirror/parameters/raid1_resync_throttle
on_all "modprobe dm-mirror; echo 1 > $throttle"
mirror data 160M -R 2M
episode_rate=30 episode_before=1
episode recoverer_dies
