#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The ladder's shell tests with the kernel module on every node, and on two of three.
. "$(dirname "$(realpath "$0")")/lib.sh"
CM_CLIENT=module all_shell 'with the module'
CM_CLIENT=mixed all_shell 'mixed'
all_finish
