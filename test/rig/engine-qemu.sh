# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Nodes as virtual machines with Debian's own kernel; see README. Sourced by host.sh.
#
# The node's root is the machine's, by 9p; the rig's folder, the sources, the tree of --install and
# the kernel's modules come by 9p, too. Disks are files of the page cache that the machines share.

# KVM is there as a file on machines that cannot run it, and then neither fails nor works.
qemu_has_kvm() { [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; }

engine_qemu_check() {
	local status=0
	need qemu-system-x86_64 qemu-system-x86
	need cpio cpio
	[ -e "$(${CC:-cc} -print-file-name=libc.a)" ] ||
		bad "needs libc.a: apt-get install --no-install-recommends libc6-dev"
	RIG_QEMU_ACCEL=tcg,thread=multi RIG_SLOW=4
	! qemu_has_kvm || RIG_QEMU_ACCEL=kvm RIG_SLOW=1
	RIG_IMAGE=$("$RIG_BASE/../../scripts/kernel-tree" 6.1-image) || status=$?
	[ $status = 0 ] || bad "no kernel for --engine qemu"
}

# The initramfs: rig-initramfs and the modules that it needs for the root; and those for what the
# nodes' init finds already there with UML.
engine_qemu_prepare() {
	local dir=$RIG_DIR/initramfs release module
	release=$(ls "$RIG_IMAGE/usr/lib/modules")
	mkdir "$dir"
	"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wconversion -Werror -static \
		-o "$dir/init" "$RIG_BASE/src/initramfs.c"
	modprobe -d "$RIG_IMAGE/usr" -S "$release" --show-depends -a \
		virtio_pci 9pnet_virtio 9p overlay virtio_net virtio_blk |
		sed -n 's/^insmod \(.*[^ ]\) *$/\1/p' | awk '!seen[$0]++' > "$RIG_DIR/modules"
	[ -s "$RIG_DIR/modules" ] || bad "the modules of $RIG_IMAGE are not whole"
	while read -r module; do
		cp "$module" "$dir/" && echo "/${module##*/}"
	done < "$RIG_DIR/modules" > "$dir/modules"
	(cd "$dir" && find . | cpio -o -H newc --quiet) > "$RIG_DIR/initrd"
	rm -r "$dir" "$RIG_DIR/modules"
}

# qemu_share TAG PATH [OPTION]
qemu_share() {
	echo -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:+,$3}" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

qemu_shares() {
	qemu_share root / readonly=on
	qemu_share kernel "$RIG_IMAGE" readonly=on
	qemu_share host "$RIG_DIR"
	qemu_share src "$RIG_SRC" readonly=on
	[ -z "$RIG_INSTALL" ] || qemu_share install "$RIG_INSTALL" readonly=on
}

# The disk's serial number is its name in the node (node/engine-qemu.sh). What one node has written
# is in the host's page cache when it is told so, and there the others read it. No lock on the file.
qemu_disks() {
	local i name
	for ((i = 0; i < RIG_DISKS; i++)); do
		name=ubd$(disk_letter $i)
		echo -drive "id=$name,if=none,format=raw,file=$(disk_file $i),cache=writeback" \
			-device "virtio-blk-pci,drive=$name,serial=$name,share-rw=on"
	done | sed 's/,cache=writeback/&,file.locking=off,discard=unmap/'
}

# qemu_nic N TAP KIND
qemu_nic() {
	echo -netdev "tap,id=$2,ifname=$2,script=no,downscript=no" \
		-device "virtio-net-pci,netdev=$2,mac=52:54:00:$3:00:0$1,romfile="
}

# A console that shows warnings; a panic and a reset end the node; watchdogs with the patience that
# an emulated machine on a busy one needs.
qemu_cmdline() {
	echo console=ttyS0 loglevel=5 panic=-1 mitigations=off net.ifnames=0 \
		"rcupdate.rcu_cpu_stall_timeout=$((21 * RIG_SLOW))" \
		"watchdog_thresh=$((10 * RIG_SLOW))" \
		"rig_init=$RIG_DIR/rig/node/init" rig_engine=qemu "rig_node=$1" \
		"hostdir=$RIG_DIR" "rig_src=$RIG_SRC" \
		"${RIG_INSTALL:+rig_install=$RIG_INSTALL}"
}

# engine_qemu_command N: the words of the command that is the node, one per line.
engine_qemu_command() {
	local kernel words=(qemu-system-x86_64 -accel "$RIG_QEMU_ACCEL")
	kernel=$(compgen -G "$RIG_IMAGE/boot/vmlinuz-*")
	[ "$RIG_QEMU_ACCEL" = kvm ] && words+=(-cpu host) || words+=(-cpu Nehalem)
	# shellcheck disable=SC2207 # words; make_folder has seen to blanks in paths
	words+=(-smp "$RIG_SMP" -m "$RIG_MEM" -nodefaults -no-user-config -display none -no-reboot
		-serial stdio -kernel "$kernel" -initrd "$RIG_DIR/initrd"
		$(qemu_shares) $(qemu_disks)
		$(qemu_nic "$1" "tap$1" 77) $(qemu_nic "$1" "ctl$1" 78))
	printf '%s\n' "${words[@]}" -append "$(qemu_cmdline "$1")"
}
