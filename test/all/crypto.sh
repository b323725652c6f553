#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# corosync with encryption.
CM_RIG_OPTIONS=--crypto exec "$(dirname "$(realpath "$0")")/../shell/run" '20[1-6]*'
