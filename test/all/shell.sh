#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The shell tests that are too long for the ladder.
. "$(dirname "$(realpath "$0")")/lib.sh"
all_shell long -l
all_finish
