# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2154
# What guests boot. Sourced by tests-qemu/run, in the build root.
#
# A guest is named by its kernel: "amd64" and "arm64" are Debian's, "openwrt" is an arm64 kernel with OpenWrt's options
# (tests-qemu/openwrt-kernel), "debug-amd64" and "debug-arm64" look for mistakes, "kcsan-amd64" and "kcsan-arm64" for data races
# (tests-qemu/debug-kernel), "own" is the caller's: KDIR, IMAGE and, where its modules are not in KDIR, MODULES. "SUITE-FLAVOUR" is
# another one of Debian's (tests-qemu/debian-kernel), such as bookworm-amd64.

# Modules of the kernel's own that guests load by name, with all that they need, and what libcrc32c asks for by another name. Debian's are
# in the guest's userspace.
modules=(
	mhi mhi_wwan_ctrl mhi_wwan_mbim mhi_pci_generic mhi_net rmnet dummy veth sch_fq netconsole virtio_pci virtio_console
	nf_tables nft_ct nft_flow_offload nf_flow_table_inet nft_chain_nat nft_masq nf_conntrack_netlink crc32c_generic wireguard
)

architecture_of() {
	case $1 in
	own) if grep -qx 'CONFIG_ARM64=y' "$KDIR/include/config/auto.conf"; then echo arm64; else echo amd64; fi ;;
	openwrt | *arm64*) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# The kernel that DEBUG= asks for: DEBUG=kcsan that one, DEBUG=1 the other.
debug_guest() {
	case $DEBUG in
	kcsan) echo "kcsan-${architecture:-amd64}" ;;
	*) echo "debug-${architecture:-amd64}" ;;
	esac
}

# What external modules are built against.
kernel_tree() {
	case $1 in
	openwrt) "$here/openwrt-kernel" ;;
	debug-* | kcsan-*) "$here/debug-kernel" "$1" ;;
	*-*) "$here/debian-kernel" "$1" ;;
	own) echo "$KDIR" ;;
	*) echo "/lib/modules/$(release "$1")/build" ;;
	esac
}

# What QEMU starts; Debian's are unpacked by tests-qemu/guest-image.
kernel_image() {
	case $1 in
	openwrt | debug-arm64 | kcsan-arm64) echo "$(kernel_tree "$1")/arch/arm64/boot/Image" ;;
	debug-amd64 | kcsan-amd64) echo "$(kernel_tree "$1")/arch/x86/boot/bzImage" ;;
	*-*) echo "$("$here/debian-kernel" "$1" boot)/vmlinuz" ;;
	own) echo "$IMAGE" ;;
	*) echo "$RMNET_MHI_CACHE/guest-$1.kernel" ;;
	esac
}

# kernel_file GUEST: what boot loaders take.
kernel_file() {
	case $1 in
	amd64 | arm64) echo "/boot/vmlinuz-$(release "$1")" ;;
	*) kernel_image "$1" ;;
	esac
}

release() {
	local tree
	case $1 in
	openwrt | debug-* | kcsan-* | own) cat "$(kernel_tree "$1")/include/config/kernel.release" ;;
	*-*)
		tree=$(kernel_tree "$1")
		echo "${tree##*/linux-headers-}" # kernel.release of Debian's 6.1 has upstream's
		;;
	*) basename /lib/modules/*-"$1" ;;
	esac
}

# copy_modules GUEST TREE: the kernel's own modules, for modprobe by name: such a kernel may know no aliases.
copy_modules() {
	local guest=$1 built from to file queue=("${modules[@]}")
	case $guest in
	openwrt | debug-* | kcsan-* | own) built=$(kernel_tree "$guest") ;;
	*-*) built=$("$here/debian-kernel" "$guest" boot)/lib/modules/$(release "$guest") ;;
	*) return ;;
	esac
	from=$built
	[ "$guest" != own ] || from=${MODULES:-$KDIR}
	to=$2/usr/lib/modules/$(release "$guest")
	mkdir -p "$to"
	while [ ${#queue[@]} -gt 0 ]; do
		file=$(find -L "$from" -name "${queue[0]//_/[-_]}.ko*" ! -name '*.ko.*.cmd' -print -quit)
		queue=("${queue[@]:1}")
		[ -n "$file" ] && [ ! -e "$to/$(basename "$file" .xz)" ] || continue # built in, or not at all
		case $file in
		*.xz) xz -dc "$file" >"$to/$(basename "$file" .xz)" ;;
		*) cp "$file" "$to/" ;;
		esac
		IFS=, read -ra needed < <(modinfo -F depends "$file")
		queue+=("${needed[@]}")
	done
	for file in modules.order modules.builtin modules.builtin.modinfo; do
		cp "$built/$file" "$to/" 2>/dev/null || touch "$to/$file"
	done
	ln -s usr/lib "$2/lib"
	depmod -b "$2" "$(release "$guest")"
	rm "$2/lib"
}
