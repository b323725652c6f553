#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Partitions under load: the majority fences the rest and goes on, wherever the coordinator is.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M -R 4k
wait_sync vg/data
episode partition 3 "1 2"
episode partition 1 "2 3"
episode_joiner=2
episode partition 3 "1 2"
