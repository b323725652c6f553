#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The ladder's shell tests with the kernel module on every node, and on two of three.
. "$(dirname "$(realpath "$0")")/lib.sh"
top=$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)
for client in module mixed; do
	export CM_CLIENT=$client
	all_shell "$client: " 
done
all_finish
