#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# corosync dies on the coordinator, and on another, under load.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M -R 4k
wait_sync vg/data
episode corosync_dies 1
episode_joiner=3
episode corosync_dies 2
