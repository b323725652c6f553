# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is particular to a node under qemu (../engine-qemu.sh). Sourced by init and setup.

# The kernel's modules lie over the machine's root; overlayfs is loaded.
engine_layers() { layer kernel -; }

# engine_mount NAME PATH WHERE [ro]: what the host shares as NAME. What cannot change is cached.
engine_mount() {
	mount -t 9p "$1" "$3" -o "trans=virtio,version=9p2000.L,msize=262144${4:+,ro,cache=loose}"
}

engine_modules() { :; }

# Links of the network get the names that UML's have, and so do the disks: a disk's serial number is
# its name. LVM takes a link for a name of the device (node/configure: preferred_names).
engine_devices() {
	local dev
	for dev in /sys/class/net/eth*; do
		case $(cat "$dev/address") in
		52:54:00:77:*) ip link set "${dev##*/}" name vec0 ;;
		52:54:00:78:*) ip link set "${dev##*/}" name vec1 ;;
		esac
	done
	mkdir -p /run/udev/rules.d
	echo 'SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ATTR{serial}=="ubd?",' \
		'SYMLINK+="$attr{serial}"' > /run/udev/rules.d/99-rig.rules
}
