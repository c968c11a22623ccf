# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2154
# What a guest runs, built for its architecture. Sourced by tests-qemu/run, in the build root.
#
#   build/GUEST/rmnet_mhi.ko         for the kernel that the guest boots (build/kernels-ARCH: for the last of several that none boots)
#   build/ARCH/mhictl, traffic       for its architecture (modem: for the machine that runs them)

declare -A target=([amd64]=x86_64-unknown-linux-gnu [arm64]=aarch64-unknown-linux-gnu)
declare -A cross=([amd64]='' [arm64]=aarch64-linux-gnu-)

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc

# build_module GUEST [TARGET]
build_module() {
	local guest=$1 arch tree prefix
	arch=$(architecture_of "$guest")
	prefix=${cross[$arch]}
	[ "$guest" != own ] || prefix=${CROSS_COMPILE:-$prefix}
	tree=$(kernel_tree "$guest")
	module "build/$guest" "$tree" "$arch" "$prefix" "${2-modules}"
}

# module FOLDER KDIR ARCH PREFIX TARGET...
module() {
	local folder=$1 tree=$2 arch=$3 prefix=$4
	shift 4
	# Bookworm's headers name a compiler that Debian 13 has not.
	case $tree in
	*/linux-headers-6.1.*) set -- CC="${prefix}gcc" "$@" ;;
	esac
	! grep -qsx 'CONFIG_CC_IS_CLANG=y' "$tree/include/config/auto.conf" || set -- LLVM=1 "$@"
	make -C "$repository" --no-print-directory -j2 O="$folder" KDIR="$tree" ARCH="$arch" CROSS_COMPILE="$prefix" WERROR=1 "$@"
}

# build_flavours ARCH: one after the other in one folder, since most of Rust's part is the same for all.
build_flavours() {
	local arch=$1 flavour tree release built
	for flavour in ${flavours[$arch]}; do
		tree=$(kernel_tree "$flavour")
		release=$(release "$flavour")
		(set -e; module "build/kernels-$arch" "$tree" "$arch" "${cross[$arch]}" modules) &
		if ! wait $!; then
			echo "fail $flavour: the module for $release does not build: see the log" >&3
			continue
		fi
		built=$(modinfo -F vermagic "$repository/build/kernels-$arch/rmnet_mhi.ko")
		if [ "${built%% *}" = "$release" ]; then
			echo "pass $flavour: $release" >&3
		else
			echo "fail $flavour: wanted $release, got $built" >&3
		fi
	done
}

build_newest() {
	local tree rust
	tree=$(kernel_tree backports-amd64)
	rust=$("$here/newest-rust")
	module build/newest "$tree" amd64 '' RUSTC="$rust/bin/rustc" RUST_LIB_SRC="$rust/usr/lib/rustlib/src/rust/library" modules
}

build_modem() {
	cargo build --release -p modem
	place "$CARGO_TARGET_DIR/release/modem" "$build/amd64/modem"
}

build_programs() {
	local arch=$1
	cargo build --profile small -p mhictl --target "${target[$arch]}"
	cargo build --release -p traffic --target "${target[$arch]}"
	place "$CARGO_TARGET_DIR/${target[$arch]}/small/mhictl" "$build/$arch/mhictl"
	place "$CARGO_TARGET_DIR/${target[$arch]}/release/traffic" "$build/$arch/traffic"
}

# What has not changed keeps its time.
place() {
	mkdir -p "$(dirname "$2")"
	cmp -s "$1" "$2" || install "$1" "$2"
}

# build_image GUEST DIRECTORY [FILE...]: the guest's image in DIRECTORY/guest.cpio: the cached part, then a second archive
# with what changes. The kernel unpacks one over the other. With $image, what tests-qemu/images has under that name comes between.
build_image() {
	local guest=$1 directory=$2 arch bases tree file
	shift 2
	arch=$(architecture_of "$guest")
	mkdir -p "$directory"
	bases=$("$here/guest-image" "$arch" ${image:+"$image"})
	tree=$(mktemp -d -p "$scratch")
	mkdir -p "$tree"/{test,usr/bin,usr/lib/modules}
	cp "$here/guest/init" "$tree/init"
	cp -r "$here"/guest/{*.sh,start,run-case,modem} "$here/cases" "$tree/test/"
	[ -z "${image-}" ] || DESTDIR=$tree prefix=/usr "$repository/mhictl/install" "$build/$arch/mhictl" "$(mktemp -d -p "$scratch")"
	cp -r "$repository/openwrt-package/rmnet-mhi/files" "$tree/test/openwrt"
	cp -r "$here/netifd" "$tree/test/netifd"
	install -D "$here/bench/guest.sh" "$tree/test/bench/guest.sh"
	optional "$build/$arch/mhictl" "$tree/usr/bin/mhictl"
	optional "$build/$arch/traffic" "$tree/usr/bin/traffic"
	optional "$build/$arch/load" "$tree/usr/bin/load"
	cp "$repository/openwrt-package/luci-proto-mhi/root/usr/libexec/rpcd/mhi" "$tree/test/rpcd-mhi"
	copy_modules "$guest" "$tree"
	if [ -e "$build/$guest/rmnet_mhi.ko" ]; then
		strip_module "$guest" "$tree/usr/lib/modules/rmnet_mhi.ko"
	fi
	for file; do
		cp -r "$file" "$tree/usr/lib/modules/"
	done
	(
		xargs cat <<<"$bases"
		cd "$tree" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0
	) >"$directory/guest.cpio"
	rm -r "$tree"
}

# strip_module GUEST FILE: the module as a package brings it.
strip_module() {
	local guest=$1 to=$2 module=$build/$1/rmnet_mhi.ko prefix
	prefix=${cross[$(architecture_of "$guest")]}
	case $guest in
	openwrt | own) "$here/strip-module" "$prefix" "$module" "$to" ;;
	*) "${prefix}objcopy" --strip-debug "$module" "$to" ;;
	esac
}

optional() {
	[ ! -e "$1" ] || cp "$1" "$2"
}
