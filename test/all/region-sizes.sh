#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Region sizes from 4 KiB to 1 GiB on sparse disks.
CM_RIG_OPTIONS='--size 6G' CM_REGION_SIZES='4k 16k 64k 1m 16m 64m 256m 1g' \
	exec "$(dirname "$(realpath "$0")")/../shell/run" 241
