#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 2 --corosync none
# The command channel: status, output, arguments, stdin, binary data, daemons, concurrency, speed.

status_of() { local s=0; "$@" > /dev/null 2>&1 || s=$?; echo $s; }
[ "$(status_of on 1 true)" = 0 ]
[ "$(status_of on 1 'exit 3')" = 3 ]
[ "$(status_of on 2 'kill -9 $$')" = 137 ]
[ "$(status_of on 1 no-such-command -x)" = 127 ]

[ "$(on 1 'echo out; echo err >&2' 2> /dev/null)" = out ]
[ "$(on 1 'echo out; echo err >&2' 2>&1 > /dev/null)" = err ]
[ "$(on 2 printf '<%s>' 'a  b' '' '$HOME' "it's")" = "<a  b><><\$HOME><it's>" ]
[ "$(on 2 'echo $RIG_NODE $(hostname)')" = "2 n2" ]
[ "$(on_all 'echo $RIG_NODE')" = $'n1: 1\nn2: 2' ]
[ "$(status_of on_all '[ $RIG_NODE = 1 ]')" = 1 ]
[ "$(on 1 cat < <(echo not passed on))" = "" ]
[ "$(echo passed on | on 1 -i cat)" = "passed on" ]
fails on 3 true
fails on 1 'sleep 0.1; false'

# binary data, more than any buffer, there and back, while the other direction is busy too
head -c 3000000 /dev/urandom > "$RIG_DIR/data"
on 1 -i cat < "$RIG_DIR/data" | cmp - "$RIG_DIR/data"
on 1 cat /host/data | cmp - "$RIG_DIR/data"
on 1 -i true < "$RIG_DIR/data"

# a daemon keeps stdout open: the command ends all the same, the daemon lives on
on 1 'setsid sleep 1000 & echo $!' > "$RIG_DIR/pid"
on 1 kill -0 "$(cat "$RIG_DIR/pid")"

# a client that goes away takes its command along
timeout 1 "$RIG_DIR/bin/rig-on" 10.78.1.2 "$RIG_DIR/nodes/1.pid" 'sleep 4321' || true
wait_for 5 'end of the abandoned command' fails on 1 pgrep -f 'sleep 432[1]'

bg 1 one 'sleep 1; echo one; exit 5'
bg 2 two 'sleep 1; echo two'
bg_runs one
begin=$SECONDS
[ "$(bg_wait two)" = two ]
[ "$(status_of bg_wait one)" = 5 ]
[ $((SECONDS - begin)) -le $((4 * RIG_SLOW)) ]
bg 1 long sleep 100
[ "$(status_of bg_wait long 1)" = 124 ]

wait_for 5 'a file' on 2 'touch /tmp/a; [ -e /tmp/a ]'
fails wait_for 1 'what never comes' on 2 false

# nodes are not each other, and differ where machines do
fails on 1 test -e /tmp/a
[ "$(on 1 cat /etc/machine-id)" != "$(on 2 cat /etc/machine-id)" ]
[ "$(on 1 cat /proc/sys/kernel/random/boot_id)" != "$(on 2 cat /proc/sys/kernel/random/boot_id)" ]

# disks are shared
on 1 'echo shared | dd of=/dev/ubdb bs=512 conv=sync oflag=direct status=none'
[ "$(on 2 'dd if=/dev/ubdb bs=512 count=1 iflag=direct status=none | head -c 6')" = shared ]

# the syslog of a node and a core dump are in the logs
on 2 logger -t mark 'a line for the log'
wait_for 5 'the line' grep -q '^[0-9:.]* mark: a line for the log$' "$RIG_DIR/log/syslog-2"
fails on 2 'kill -SEGV $$'
[ -n "$(compgen -G "$RIG_DIR/log/core-n2-bash-*")" ]
rm "$RIG_DIR"/log/core-n2-bash-*

# < 100 ms per command, with room for a busy machine
begin=$(date +%s%N)
for _ in {1..20}; do on 1 true; done
ms=$((($(date +%s%N) - begin) / 20000000))
echo "one command: $ms ms"
[ $ms -lt $((300 * RIG_SLOW)) ]
