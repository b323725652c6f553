#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 2 --vg --install-fixture
# A tree given with --install lies on top of the nodes' root, and our daemons start from it, in
# order.
[ "$(on 1 cat /usr/local/share/rig-fixture)" = installed ]
[ "$(on 2 command -v cmirrord)" = /usr/local/sbin/cmirrord ]
for n in 1 2; do
	[ "$(on $n cat /run/started)" = $'cmirrord --first word\nclvmd --second' ]
done
# what a node writes there stays in the node
on 1 'echo changed > /usr/local/share/rig-fixture'
[ "$(on 2 cat /usr/local/share/rig-fixture)" = installed ]
[ "$(cat "$RIG_INSTALL/usr/local/share/rig-fixture")" = installed ]
# once is enough
cluster_up
[ "$(on 1 'wc -l < /run/started')" = 2 ]
