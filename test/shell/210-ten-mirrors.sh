#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Ten mirrors at once, some written.
. "$RIG_SRC/test/shell/lib/aux.sh"
for i in 0 1 2 3 4 5 6 7 8 9; do mirror m$i 8M -R 512k; done
for i in 0 1 2 3 4 5 6 7 8 9; do
	wait_sync vg/m$i 120
	check_active vg/m$i "1 2 3"
done
writers_start /dev/vg/m4 4 256 100
writers_wait
writers_check 1 /dev/vg/m4
on 3 lvremove -f vg
check_gone vg/m0
