#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The coordinator dies under writes of all nodes; the same while a node is being activated.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M -R 4k
wait_sync vg/data
episode coordinator_dies
episode_joiner=3
episode coordinator_dies
