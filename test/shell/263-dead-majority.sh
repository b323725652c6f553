#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two of three nodes die at once: the third, without quorum, waits, and goes on when they are back.
# All die at once.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
. "$RIG_SRC/test/shell/lib/faults.sh"
mirror data 48M
wait_sync vg/data
episode two_die 1 3
episode all_die
