# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-only
# The module and its test programs for the kernels of the nodes. Sourced by run and scripts/demo,
# whose $engine, $work, $build and $top it takes.
declare -A no_module=()

# kernel_of OPTIONS (of the rig): what scripts/kernel-tree calls the nodes' kernel.
kernel_of() {
	case "$engine $1" in
	qemu*) echo 6.1 ;;
	uml*"--kernel debug"*) echo debug ;;
	uml*) echo uml ;;
	*) die "CM_ENGINE: uml or qemu, not '$engine'" ;;
	esac
}

# find_kernel KERNEL: sets the folder to build for, what make is told besides, where a node looks
# for modules and where the kernel's own are on this machine. 77: it is not to be had.
find_kernel() {
	local image
	kdir=$("$top/scripts/kernel-tree" "$1") || return
	kernel_make=(ARCH=um) node_modules=/usr/lib/uml/modules kernel_modules=/usr/lib/uml/modules
	case $1 in
	debug) kernel_modules=$kdir/root$node_modules ;;
	6.1)
		image=$("$top/scripts/kernel-tree" 6.1-image) || return
		kernel_make=() node_modules=/usr/lib/modules
		kernel_modules=$image/usr/lib/modules
		;;
	esac
}

# install_module KERNEL: the build and besides, in a tree of its own, the module and its test
# programs: cmirrord takes the module where there is one. Sets no_module[KERNEL] to the reason when
# it cannot be built here.
install_module() {
	local kdir kernel_make node_modules kernel_modules
	local status=0 log=$work/module.log dest=$work/dest-$1
	[ ! -d "$dest" ] && [ -z "${no_module[$1]-}" ] || return 0
	find_kernel "$1" 2> "$log" || status=$?
	[ $status != 77 ] || { no_module[$1]=$(tail -n 1 "$log"); return; }
	[ $status = 0 ] && cp -al "$work/dest" "$dest" && module_make "$dest" >> "$log" 2>&1 &&
		programs_make "$dest" >> "$log" 2>&1 &&
		{ [ "$1" != debug ] || faults_make "$dest" >> "$log" 2>&1; } && return
	note < "$log"
	die "the kernel module does not build"
}

module_make() { # module_make DEST
	make --no-print-directory -C "$build/kmod" KDIR="$kdir" "${kernel_make[@]}" W=1 \
		KCFLAGS=-Werror DESTDIR="$1" modulesdir="$node_modules" install &&
		module_other "$1$node_modules"/*/updates &&
		depend "$1" "$(ls "$1$node_modules")"
}

# CM_KO: a module that takes the place of the tree's (test/all/kmod-mutants.sh).
module_other() { [ -z "${CM_KO-}" ] || cp "$CM_KO" "$1/"; }

programs_make() { # programs_make DEST
	local programs
	make --no-print-directory -s -C "$build/test" kmod-programs &&
		mapfile -t programs < <(find "$build/test/kmod" -name 'test_*' ! -name '*.*') &&
		install -D -t "$1/usr/local/lib/cmirror-kmod" "${programs[@]}"
}

# The module that does on purpose what the debug kernel is to find (421).
faults_make() { # faults_make DEST
	local ko=$work/faults
	mkdir "$ko" && cp "$top"/test/kmod/faults/* "$ko/" &&
		make --no-print-directory -s -C "$kdir" "${kernel_make[@]}" M="$ko" modules &&
		install -D -m 644 -t "$1/usr/local/lib/cmirror-kmod" "$ko/faults.ko"
}

# depend DEST RELEASE: modules.dep and the like, of the kernel's own modules and those in DEST, so
# that in a node modprobe finds them. A node would need long to read them all.
depend() {
	local all=$work/depend-$2/lib/modules name
	mkdir -p "$all" && cp -rs "$kernel_modules/$2" "$1$node_modules/$2" "$all/" || return
	rm -f "$all/$2"/modules.*.bin "$all/$2"/modules.{dep,alias,symbols,softdep,devname}
	depmod -b "$work/depend-$2" "$2" || return
	for name in "$all/$2"/modules.*; do
		[ -L "$name" ] || mv "$name" "$1$node_modules/$2/" || return
	done
}
