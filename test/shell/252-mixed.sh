#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module 1,3
# The kernel module on two nodes, the stock client on the third: a joiner in the middle of a resync.
# (All scripts so: CM_CLIENT=mixed test/shell/run.)
"$RIG_BASE/run-script" "$RIG_SRC"/test/shell/205-*.sh
