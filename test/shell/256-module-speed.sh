#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all --nodes 1 --script-time 600
# The module against dm-mirror with a core log on the same disks, in turns: hot random writes at
# least 0.9 of it, reads 0.95; the medians of the ratios.
# long
. "$RIG_SRC/test/shell/lib/aux.sh"
rounds=11 size=64M sectors=131072
command -v fio > /dev/null || skip "no fio: apt-get install --no-install-recommends fio"
mirror data $size
wait_sync vg/data
on 1 lvcreate -qq -y -n leg0 -L $size vg /dev/ubda
on 1 lvcreate -qq -y -n leg1 -L $size vg /dev/ubdb
region=$(on 1 "dmsetup table vg-data" | grep -oE ' [0-9]+ gen=' | tr -dc 0-9)
on 1 "dmsetup create core --table '0 $sectors mirror core 2 $region nosync 2 \
	/dev/vg/leg0 0 /dev/vg/leg1 0 1 handle_errors'"

iops() { # iops DEV randread|randwrite DEPTH
	local column=8
	[ "$2" = randread ] || column=49
	on 1 fio --thread --name=x --filename="$1" --rw="$2" --bs=4k --iodepth="$3" --direct=1 \
		--ioengine=libaio --runtime=1 --time_based --randrepeat=0 --norandommap \
		--output-format=terse --terse-version=3 | cut -d';' -f$column
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

bad=0
for kind in "randwrite 1 0.9" "randwrite 16 0.9" "randread 1 0.95" "randread 16 0.95"; do
	read -r rw depth bound <<< "$kind"
	ratios=
	for round in $(seq $rounds); do
		# who begins alternates: the second finds warm caches
		if [ $((round % 2)) = 0 ]; then
			ours=$(iops /dev/vg/data "$rw" "$depth")
			core=$(iops /dev/mapper/core "$rw" "$depth")
		else
			core=$(iops /dev/mapper/core "$rw" "$depth")
			ours=$(iops /dev/vg/data "$rw" "$depth")
		fi
		ratios+=$(awk "BEGIN { printf \"%.3f\n\", $ours / $core }")$'\n'
	done
	ratio=$(printf %s "$ratios" | median)
	echo "$rw depth $depth: $ratio of dm-mirror with a core log" \
		"($(printf %s "$ratios" | sort -n | xargs))"
	awk "BEGIN { exit !($ratio >= $bound) }" || { echo "less than $bound"; bad=1; }
done
on 1 dmsetup remove core
on 1 lvremove -qq -y vg/leg0 vg/leg1
[ $bad = 0 ] || die "slower than the bound"
