#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demo with each client; and all shell tests, the long ones too, with the kernel module on every
# node, and on two of three.
. "$(dirname "$(realpath "$0")")/lib.sh"
top=$(cd "$(dirname "$(realpath "$0")")/../.." && pwd)
for client in stock module mixed; do
	all_one "demo, $client" "$top/scripts/demo" --client $client
done
for client in module mixed; do
	CM_CLIENT=$client all_shell "$client"
	CM_CLIENT=$client all_shell "$client, long" -l
done
all_finish
