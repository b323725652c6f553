#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Ten mirrors of one daemon, made, written and removed beside each other.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
daemon_start
for i in 0 1 2 3 4 5 6 7 8 9; do
	disk log$i 2M
	disk a$i 4M
	disk b$i 4M
	l=log$i a=a$i b=b$i
	mirror_make cmt$i "$(table_ours cmt-118-$i ${!l} 512 ${!a} ${!b})"
done
for i in 0 1 2 3 4 5 6 7 8 9; do
	verify write --dev /dev/mapper/cmt$i --area 0:512 --seconds 3 --rate 40 --seed $i \
		> $T/journal$i &
	pids[i]=$!
done
for i in 0 1 2 3 4 5 6 7 8 9; do wait "${pids[i]}" || die "writer $i saw an error"; done
for i in 0 1 2 3 4 5 6 7 8 9; do wait_synced cmt$i; done
for i in 9 8 7 6 5 4 3 2 1 0; do
	verify check --dev /dev/mapper/cmt$i --area 0:512 --seed $i --from $T/journal$i
	mirror_remove cmt$i
	a=a$i b=b$i
	legs_equal ${!a} ${!b}
done
