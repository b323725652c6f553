#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cmirrord of a node is killed every second for a minute, of the coordinator or of another, under
# load: no I/O error, and no write waits for long.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M
wait_sync vg/data
episode_secs=70
episode daemon_dies_often 2 60
episode daemon_dies_often 1 60
episode_joiner=3
episode daemon_dies_often 2 20
