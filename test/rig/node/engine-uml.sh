# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is particular to a node that is User-mode Linux. Sourced by init and setup.

# Layers between the machine's root and that of --install. The debug kernel has overlayfs built in.
engine_layers() {
	grep -q overlay /proc/filesystems ||
		insmod "/usr/lib/uml/modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko" || return
	# shellcheck disable=SC2154 # of init
	[ -z "${kernel:-}" ] || layer kernel "$kernel"
}

# engine_mount NAME PATH WHERE [ro]: PATH of the host.
engine_mount() { mount -t hostfs none "$3" -o "$2${4:+,$4}"; }

# Makes modprobe find the kernel's modules.
engine_modules() {
	mkdir -p /lib/modules
	ln -sfn "/usr/lib/uml/modules/$(uname -r)" "/lib/modules/$(uname -r)"
	[ -e "/lib/modules/$(uname -r)/modules.dep" ] || depmod
}

engine_devices() { :; }
