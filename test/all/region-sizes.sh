#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Region sizes from 4 KiB to 1 GiB on sparse disks.
. "$(dirname "$(realpath "$0")")/lib.sh"
CM_RIG_OPTIONS='--size 6G' CM_REGION_SIZES='4k 16k 64k 1m 16m 64m 256m 1g' \
	all_shell '4k to 1g' 241
all_finish
