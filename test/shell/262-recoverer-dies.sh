#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The node that copies dies in the middle of a region, while all write; it is back before the
# copying ends.
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
throttle=/sys/module/dm_mirror/parameters/raid1_resync_throttle
mirror data 48M -R 4M
on_all "echo 5 > $throttle"
on_all "cat $throttle"
episode recoverer_dies
