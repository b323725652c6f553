#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The systemd units: nothing in them that systemd does not know, no order that cannot be kept when
# all are enabled beside stock ones, and at a shutdown the mirrors go before what they stand on.
set -u
: "${CM_TOP_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$CM_TOP_SRCDIR/test/lib/tap.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/multi-user.target.wants"
units=()
for f in "$CM_TOP_SRCDIR"/scripts/*.service.in; do
	unit=$(basename "$f" .in)
	units+=("$unit")
	sed -e "s|@sbindir@|$dir/bin|g; s|@CM_[A-Z_]*@|/run|g; s|@[a-zA-Z_]*@|/usr|g" "$f" \
		> "$dir/$unit"
	ln -s "../$unit" "$dir/multi-user.target.wants/$unit"
done
for p in cmirrord clvmd; do
	printf '#!/bin/sh\n' > "$dir/bin/$p"
	chmod +x "$dir/bin/$p"
done

verify() { # what systemd says of a unit, about ours
	SYSTEMD_UNIT_PATH=$dir: systemd-analyze verify --man=no "$@" 2>&1 |
		grep -E 'cmirror|clvmd|cycle'
}
for unit in "${units[@]}"; do
	is "$unit" "$(verify "$unit")" ''
done
is 'all of them enabled' "$(verify multi-user.target)" ''

# after UNIT OTHER: is UNIT started after OTHER, so stopped before it?
after() {
	awk -F= -v want="$2" '$1 == "After" { n = split($2, u, " ")
		for (i = 1; i <= n; i++) found += u[i] == want } END { exit !found }' "$dir/$1"
}
for other in cmirrord clvmd lvmlockd lvmlocks dlm corosync; do
	ok "mirrors are taken down before $other stops" \
		after cmirror-active.service $other.service
done
for other in cmirrord lvmlockd lvmlocks dlm corosync; do
	ok "clvmd stops before $other" after clvmd.service $other.service
done
for other in dlm corosync; do
	ok "cmirrord stops before $other" after cmirrord.service $other.service
done
ok 'file systems are unmounted before that' \
	grep -qx 'Before=remote-fs-pre.target' "$dir/cmirror-active.service"

for d in cmirrord clvmd; do
	ok "$d is started again however often it ends" \
		grep -qx 'StartLimitIntervalSec=0' "$dir/$d.service"
done

# What is seen when it is wrong: a cycle, a word that systemd does not know.
printf '[Unit]\nBefore=corosync.service\n' >> "$dir/cmirrord.service"
like 'a cycle is found' "$(verify multi-user.target)" 'cycle'
printf '[Service]\nKilMode=process\n' >> "$dir/clvmd.service"
like 'an unknown word is found' "$(verify clvmd.service)" 'KilMode'
tap_done
