#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# corosync over IPv6.
. "$(dirname "$(realpath "$0")")/lib.sh"
CM_RIG_OPTIONS='--ip 6' all_shell IPv6 '20[1-6]*'
all_finish
