#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Without cmirrord a clustered table is refused at once and leaves no device.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
disk log 4M
disk leg0 8M
disk leg1 8M
modprobe -q dm-log-userspace || true
begin=$SECONDS
fails mirror_make cmt "$(table_ours cmt-107 $log 1024 $leg0 $leg1)"
[ $((SECONDS - begin)) -lt 10 ] || die "it took $((SECONDS - begin)) s"
[ -z "$(dmsetup ls | grep '^cmt' || true)" ] || die "a device is left: $(dmsetup ls)"
