#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's own kernel on two processors: the module's programs, ten minutes of stress, and a cluster
# of two. CM_STRESS_S: another time.
. "$(dirname "$(realpath "$0")")/lib.sh"
export CM_ENGINE=qemu CM_STRESS_S=${CM_STRESS_S:-600}
all_shell 'two processors' 401 402 411
CM_CLIENT=module CM_RIG_OPTIONS='--nodes 2' all_shell 'two nodes of two processors' 240
all_finish
