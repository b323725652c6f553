#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# corosync with encryption.
. "$(dirname "$(realpath "$0")")/lib.sh"
CM_RIG_OPTIONS=--crypto all_shell encrypted '20[1-6]*'
all_finish
