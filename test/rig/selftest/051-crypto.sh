#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --nodes 2 --vg --crypto
# corosync with encryption; a node with another key stays outside.
quorate() { on "$1" corosync-quorumtool -s | grep -q '^Quorate: *Yes'; }
on 1 'corosync-cmapctl | grep -q "crypto_cipher.*aes256"'
quorate 1
crash 2
wait_for 30 'loss of quorum' fails quorate 1
head -c 256 /dev/urandom > "$RIG_DIR/authkey"
start 2
on 2 'ulimit -l unlimited; corosync'
sleep 8
fails quorate 1
fails quorate 2
