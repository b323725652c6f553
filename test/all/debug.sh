#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's own tests under the kernel that looks for faults. (421 and 422, which are long, run
# with shell.sh.)
. "$(dirname "$(realpath "$0")")/lib.sh"
CM_RIG_OPTIONS='--kernel debug --mem 640M' all_shell 'debug kernel' 401 402
all_finish
