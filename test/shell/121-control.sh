#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The control socket: preflight says before an activation what would be refused, and why; legs,
# quiesce; bad requests.
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib/one.sh"
ask() { # ask REQUEST: the whole answer
	python3 - "$1" <<- 'EOF'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect("/run/cmirror/cmirrord.sock")
		s.sendall(sys.argv[1].encode() + b"\n")
		while data := s.recv(65536):
		    sys.stdout.write(data.decode())
	EOF
}
answers() { # answers REQUEST PATTERN: its first line
	local line
	line=$(ask "$1" | head -n 1)
	[[ $line == $2 ]] || die "$1: \"$line\", not \"$2\""
}
disk log 4M
disk small 16K
disk leg0 16M
disk leg1 16M
daemon_start
geometry="len_sect=32768 region_size_sect=1024"
pre="preflight uuid=cmt-121 type=clustered-disk logdev=$(majmin $log)"

answers "$pre $geometry" ok
answers "$pre $geometry gen=3 legs=0123456789abcdef" ok
answers "$pre len_sect=32768 region_size_sect=1000" "error -22 *power of two*"
answers "$pre len_sect=999999999999 region_size_sect=2" "error -7 *larger region size*"
answers "preflight type=clustered-core $geometry" "error -22 *uuid*"
answers "preflight uuid=cmt-121 type=clustered-core $geometry" ok
answers "preflight uuid=cmt-121 logdev=511:9 $geometry" "error -19 *511:9*"
answers "preflight uuid=cmt-121 logdev=$(majmin $small) $geometry" "error * *small*"
answers "preflight uuid=cmt-121 logdev=nonsense $geometry" "error -22 *nonsense*"

# what lvcreate leaves: a kernel's header over what was there before; without it: refused
fill $log
answers "$pre $geometry" "error -1301 log $(majmin $log): no header of a mirror log*"
answers "$pre name=vg/l_mlog $geometry" "error -1301 log vg/l_mlog: no header of a mirror log*"
printf '\162\122\151\115\007\000\000\000' | dd of=$log conv=notrunc,fsync status=none
answers "$pre $geometry" "error -1301 *unknown version 7*"
printf '\162\122\151\115\002\000\000\000' | dd of=$log conv=notrunc,fsync status=none
answers "$pre $geometry" ok
dd if=/dev/zero of=$log bs=4k count=1 oflag=direct status=none
answers "$pre $geometry" ok

mirror_make cmt "$(table_ours cmt-121 $log 1024 $leg0 $leg1)"
answers "$pre $geometry" ok
answers "$pre len_sect=32768 region_size_sect=2048" "error -16 *deactivate*"
answers "legs uuid=cmt-121 devs=$(majmin $leg0),$(majmin $leg1)" ok
answers "legs uuid=cmt-121 devs=none" "error -22 *"
answers "legs uuid=cmt-121" "error -22 *"
answers "legs uuid=cmt-other devs=1:2" "error -2 *not active*"
answers "quiesce uuid=cmt-121 on=1" ok
answers "quiesce uuid=cmt-121 on=0" ok
answers "quiesce uuid=cmt-121 on=2" "error -22 *"
wait_synced cmt
mirror_remove cmt

answers nonsense "error -22 *known:*"
answers 'status uuid="open' "error -22 *quote*"
answers "status uuid=cmt-121" "error -2 *not active*"
fails cmirrorctl status vg/none 2> $T/out
grep -q 'not active' $T/out || die "cmirrorctl: $(cat $T/out)"
fails cmirrorctl status a/b/c 2> $T/out
daemon_stop
fails cmirrorctl status 2> $T/out
grep -q 'systemctl start cmirrord' $T/out || die "no cure: $(cat $T/out)"
