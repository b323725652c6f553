#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first write of a region is one write of the log, the next ones none; idle regions are
# cleared in a batch.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 16M
disk leg1 16M
daemon_start
mirror_make cmt "$(table_ours cmt-102 $log 1024 $leg0 $leg1)"
wait_synced cmt
put() { dd if=/dev/zero of=/dev/mapper/cmt bs=4k count=1 seek="$1" oflag=direct status=none; }

idle() { local a; a=$(daemon_stat slot_writes); sleep 2; [ "$a" = "$(daemon_stat slot_writes)" ]; }
until_true 20 "an idle log" idle
before=$(daemon_stat slot_writes)
put 0
first=$(daemon_stat slot_writes)
[ $((first - before)) = 1 ] ||
	die "first write of a clean region: $((first - before)) writes of the log"
for i in 1 2 3 4 5 6 7 8; do put $i; done
[ "$(daemon_stat slot_writes)" = "$first" ] || die "a hot region was written to the log again"

# sticky marks go: one write, after the legs were flushed
flushes=$(daemon_stat leg_flushes)
until_true 20 "the clear of an idle mark" eval '[ "$(daemon_stat slot_writes)" -gt $first ]'
[ "$(daemon_stat leg_flushes)" -gt "$flushes" ] ||
	die "a mark was cleared without a flush of the legs"
