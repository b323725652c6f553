#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Half an hour of random faults under load, the module on two of three nodes. CM_SEED repeats one.
. "$(dirname "$(realpath "$0")")/lib.sh"
run_max_s=4000
export CM_SOAK_S=${CM_SOAK_S:-1800} CM_CLIENT=mixed
all_shell 'soak' 271
all_finish
