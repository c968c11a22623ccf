# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2154
# What a guest runs, built for its architecture. Sourced by tests-qemu/run, in the build root.
#
#   build/ARCH/rmnet_mhi.ko, mhictl, traffic    for the guests (modem: for the machine that runs them)

declare -A target=([amd64]=x86_64-unknown-linux-gnu [arm64]=aarch64-unknown-linux-gnu)
declare -A cross=([amd64]='' [arm64]=aarch64-linux-gnu-)

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc

build_module() {
	local arch=$1
	make -C "$repository" --no-print-directory -j2 O="build/$arch" KDIR="/lib/modules/$(kernel "$arch")/build" \
		ARCH="$arch" CROSS_COMPILE="${cross[$arch]}" WERROR=1
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

# Another clone may share the cache's target directory, so each keeps its own result.
place() {
	mkdir -p "$(dirname "$2")"
	cmp -s "$1" "$2" || install "$1" "$2"
}

# build_image ARCH DIRECTORY [FILE...]: the guest's image in DIRECTORY/guest.cpio: the cached part, then a second archive with what changes. The kernel unpacks one over the other.
build_image() {
	local arch=$1 directory=$2 base tree file
	shift 2
	mkdir -p "$directory"
	base=$("$here/guest-image" "$arch")
	tree=$(mktemp -d -p "$scratch")
	mkdir -p "$tree"/{test,usr/bin,usr/lib/modules}
	cp "$here/guest/init" "$tree/init"
	cp -r "$here"/guest/{*.sh,run-case,modem} "$here/cases" "$tree/test/"
	cp -r "$repository/openwrt-package/rmnet-mhi/files" "$tree/test/openwrt"
	cp -r "$here/netifd" "$tree/test/netifd"
	optional "$build/$arch/mhictl" "$tree/usr/bin/mhictl"
	optional "$build/$arch/traffic" "$tree/usr/bin/traffic"
	if [ -e "$build/$arch/rmnet_mhi.ko" ]; then
		"${cross[$arch]}objcopy" --strip-debug "$build/$arch/rmnet_mhi.ko" "$tree/usr/lib/modules/rmnet_mhi.ko"
	fi
	for file; do
		cp "$file" "$tree/usr/lib/modules/"
	done
	(
		cat "$base"
		cd "$tree" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0
	) >"$directory/guest.cpio"
	rm -r "$tree"
}

optional() {
	[ ! -e "$1" ] || cp "$1" "$2"
}
