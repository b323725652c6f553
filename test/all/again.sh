#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What depends on timing, three times, each time in fresh nodes.
. "$(dirname "$(realpath "$0")")/lib.sh"
for time in {1..3}; do
	all_shell "time $time" 105 106 202 203 205 206 215 217
done
all_finish
