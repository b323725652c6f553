#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rig: --module all
# The kernel module on every node: a daemon killed under load.
# (All scripts with it: CM_CLIENT=module test/shell/run.)
"$RIG_BASE/run-script" "$RIG_SRC"/test/shell/206-*.sh
