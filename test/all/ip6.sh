#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# corosync over IPv6.
CM_RIG_OPTIONS='--ip 6' exec "$(dirname "$(realpath "$0")")/../shell/run" '20[1-6]*'
