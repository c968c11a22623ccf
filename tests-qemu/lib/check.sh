# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2154
# `make check`: jobs, two or three at a time, each with verdicts that are counted. Sourced by tests-qemu/run, in the build root.
#
# A job is a command. It may write verdicts, "pass NAME", "fail NAME: why" or "skip NAME: why", to descriptor 3; one that writes
# none is a verdict itself. Its output is kept in build/check/JOB.log and shown if it fails.

# shellcheck source-path=SCRIPTDIR/.. source=guest/complaint.sh
. "$here/guest/complaint.sh"

results=$build/check${CASE:+.$$}
at_once=2
forgiven=5 # cases that may fail once
unforgiven='kernel log: |the guest ended before|the emulated modem died|faults of the host|wrong content|no end within [^:]*: .'
fuzz_seconds=${FUZZ_SECONDS:-10} # for each target

# Kernels that some cases run on, to see what differs there, no more: one with OpenWrt's options stands in for OpenWrt's; Debian's oldest
# that the module is for, and its newest.
other_kernels=(openwrt bookworm-amd64 backports-amd64 backports-arm64)
other_kernels_cases=(ids-bound load-unload mhictl-recover ping recovery-function transfer-v5)

# Debian's other kernels: the module is built for each.
declare -A flavours=(
	[amd64]="trixie-cloud-amd64 trixie-rt-amd64 backports-cloud-amd64 backports-rt-amd64"
	[arm64]="trixie-arm64-16k trixie-cloud-arm64 trixie-rt-arm64 backports-arm64-16k backports-cloud-arm64 backports-rt-arm64"
)

# What says nothing on a debug kernel.
declare -A not_on_debug=(
	[debian-package]="it is about packages for Debian's kernels"
	[debian-package-foreign]="it is about packages for Debian's kernels"
	[debian-package-key]="it is about packages for Debian's kernels"
	[fairness]="it compares rates, which such a kernel makes its own"
	[kexec]="kexec-tools find no room for that kernel"
	[kexec-crash]="such a kernel reserves no memory for another (CRASH_DUMP)"
	[latency]="it compares times, which such a kernel makes its own"
	[mbim]="mhi_wwan_mbim sends with interrupts off, which the MHI core's lock does not allow"
	[mbim-parameter]="mhi_wwan_mbim sends with interrupts off, which the MHI core's lock does not allow"
	[mbim-switch]="mhi_wwan_mbim sends with interrupts off, which the MHI core's lock does not allow"
	[stock-mbim]="it is about the kernel's drivers"
	[stock-ping]="it is about the kernel's drivers"
	[stock-qmi]="it is about the kernel's drivers"
	[stock-reload]="it is about the kernel's drivers"
	[systemd-unit]="mhictl gives resolvectl ten seconds, which such a kernel does not keep"
	[tools-iperf]="iperf3's threads outlive their streams there, and it crashes"
)

# Where data races may be: what two processors do at once.
kcsan_cases=(
	bql channel-restart crash-cycles faults-states hot-unplug link-churn ping recovery-function recovery-power rx-ring three-links transfer-v5
	two-cpus unload-busy up-down watchdog
)

check() {
	local guests=(amd64 arm64 "${other_kernels[@]}") guest arch
	[ -z "$architecture" ] || guests=("$architecture")
	[ -z "${DEBUG-}" ] || guests=("$(debug_guest)")
	# What amd64 does not run, on the other architecture's debug kernel.
	[ "${architecture:-${DEBUG-}}" != 1 ] || guests+=(debug-arm64)
	[ -z "${IMAGE-}" ] || guests=(own)
	rm -rf "$results" "$build"/tests/*.first
	mkdir -p "$results"
	for guest in "${guests[@]}"; do
		case $guest in
		*-*) job "the kernel of $guest" kernel_image "$guest" ;;
		esac
	done
	say "building (the first time takes some minutes; each step says when it is done)"
	job "modem: build" build_modem
	for guest in "${guests[@]}"; do
		job "module, $guest: build and its checks" build_module "$guest"
	done
	for arch in $(architectures "${guests[@]}"); do
		job "programs, $arch: build" build_programs "$arch"
		job "guest userspace, $arch" guest_userspace "$arch"
	done
	finish_jobs
	[ -n "$architecture${IMAGE-}${DEBUG-}" ] || check_sources

	say "running the cases"
	at_once=4 # guests wait for something much of their time
	[ -z "${DEBUG-}" ] || at_once=$(nproc) # such a kernel's do not
	cases "" "${guests[@]}"
	finish_jobs
	at_once=1 # "alone: yes" is for those that measure times
	cases yes "${guests[@]}"
	finish_jobs
	once_more
	summary
}

# A guest without a processor for a moment misses a time limit. So cases that failed run once more, if they are few, with nothing beside
# them; the summary names those that passed only then. What the kernel complained about, what it or the emulated modem did not survive, what
# the modem found wrong with the host and content that is wrong are not forgiven.
once_more() {
	local guest name file
	[ -e "$results/failed" ] && [ "$(wc -l <"$results/failed")" -le $forgiven ] || return 0
	say "once more, alone: what failed"
	mv "$results/failed" "$results/first"
	while read -r guest name file; do
		! grep -qE "^fail .*($unforgiven)" "$file.verdict" || continue
		mv "$file.verdict" "$file.first"
		mv "$build/tests/$guest-$name" "$build/tests/$guest-$name.first"
		job "$guest $name" guest_case "$guest" "$name" </dev/null
		finish_jobs
		! grep -q '^fail' "$file.verdict" || continue
		echo "$guest $name: $(sed -n 's/^fail //p' "$file.first" | head -n 1)" >>"$results/twice"
	done <"$results/first"
}

# cases ALONE GUEST...: those whose header says so.
cases() {
	local alone=$1 guest name
	shift
	for guest; do
		for name in $(list); do
			if [ "$(header "$here/cases/$name.sh" alone)" = "$alone" ] && runs_on "$name" "$guest"; then
				job "$guest $name" guest_case "$guest" "$name"
			fi
		done
	done
}

architectures() {
	local guest
	for guest; do
		architecture_of "$guest"
	done | sort -u
}

check_sources() {
	say "checking the sources"
	job "shellcheck" check_scripts
	job "formatting" check_formatting
	job "sizes" check_sizes
	job "netifd protocol" netifd_cases
	job "LuCI and rpcd" luci_cases
	job "OpenWrt feed" check_feed
	job "Debian packages" debian_packages
	job "cargo test" cargo_tests
	job "manual pages, completions, installation" check_docs
	job "stripped as OpenWrt does" check_strip
	job "clippy" build_module amd64 clippy
	for arch in amd64 arm64; do
		job "module, Debian's other kernels, $arch: builds and their checks" build_flavours "$arch"
	done
	job "module, Debian's newest kernel and rustc: build and its checks" build_newest
	job "the build's own checks refuse what they should, arm64" build_module arm64 selftest
	finish_jobs
	job "fuzz targets, $fuzz_seconds seconds each" fuzz
}

# One case alone, on the architectures that it names, on ARCH= or on the caller's kernel; what each verdict says is shown.
check_case() {
	local name=$1 guest guests
	[ -e "$here/cases/$name.sh" ] || {
		say "no case '$name': see make check LIST=1"
		exit 2
	}
	rm -rf "$results"
	mkdir -p "$results"
	guests=${architecture:-$(header "$here/cases/$name.sh" arch "amd64 arm64")}
	[ -z "${DEBUG-}$(header "$here/cases/$name.sh" kernel)" ] || guests=$(DEBUG=${DEBUG:-1} debug_guest)
	[ -z "${IMAGE-}" ] || guests=own
	for guest in $guests; do
		prepare "$guest"
		job "$guest $name" guest_case "$guest" "$name"
	done
	finish_jobs
	sed '/^pass/!d' "$results"/*.verdict
	summary
}

# runs_on CASE GUEST
runs_on() {
	case $2 in
	openwrt | bookworm-* | backports-*) [[ " ${other_kernels_cases[*]} " == *" $1 "* ]] && on_architecture "$1" "$2" ;;
	kcsan-*) [[ " ${kcsan_cases[*]} " == *" $1 "* ]] ;;
	debug-arm64) on_architecture "$1" "$2" && { [ -n "$architecture" ] || ! on_architecture "$1" debug-amd64; } ;;
	debug-amd64) on_architecture "$1" "$2" ;;
	*) on_architecture "$1" "$2" && [ -z "$(header "$here/cases/$1.sh" kernel)" ] ;;
	esac
}

on_architecture() {
	local where
	where=$(header "$here/cases/$1.sh" arch "amd64 arm64")
	[[ " $where " == *" $(architecture_of "$2") "* ]]
}

# ---- jobs

# job NAME COMMAND...: starts it once fewer than $at_once are running.
job() {
	while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do
		wait -n || true
	done
	run_job "$@" &
}

finish_jobs() {
	wait
}

run_job() {
	local name=$1 file status=0 start=$SECONDS passed failed skipped
	file="$results/${name//[^a-zA-Z0-9_-]/-}"
	shift
	# A shell of its own that is no part of a condition, so that set -e holds in it.
	(
		set -e
		"$@"
	) >"$file.log" 2>&1 3>"$file.verdict" &
	wait $! || status=$?
	if [ ! -e "$file.verdict" ]; then
		echo "fail $name: its verdicts were removed under it" >"$file.verdict"
	elif [ ! -s "$file.verdict" ] && [ $status = 0 ]; then
		echo "pass $name" >"$file.verdict"
	elif [ $status != 0 ] && ! grep -q '^fail' "$file.verdict"; then
		echo "fail $name: status $status" >>"$file.verdict"
	fi
	passed=$(grep -c '^pass' "$file.verdict" || true)
	failed=$(grep -c '^fail' "$file.verdict" || true)
	skipped=$(sed -n 's/^skip/      | skip/p' "$file.verdict")
	if [ "$failed" = 0 ]; then
		echo "ok    $name ($passed passed, $((SECONDS - start)) s)${skipped:+$'\n'$skipped}"
	else
		[ "$1" != guest_case ] || echo "$2 $3 $file" >>"$results/failed"
		echo "FAIL  $name ($passed passed, $failed failed, $((SECONDS - start)) s)"$'\n'"$(
			grep '^fail' "$file.verdict" | head -n 20
			tail -n 30 "$file.log"
		)" | sed '2,$s/^/      | /'
	fi
}

# The line that closes it all, and the exit status.
summary() {
	local passed failed skipped
	passed=$(cat "$results"/*.verdict | grep -c '^pass' || true)
	skipped=$(cat "$results"/*.verdict | grep -c '^skip' || true)
	failed=$(cat "$results"/*.verdict | grep -c '^fail' || true)
	if [ -e "$results/twice" ]; then
		sed 's/^/failed once, and passed when tried again alone: /' "$results/twice"
	fi
	[ "$skipped" = 0 ] || echo "$skipped skipped"
	echo "$passed passed, $failed failed"
	[ -z "${CASE-}" ] || rm -rf "$results"
	[ "$failed" = 0 ] && [ "$passed" != 0 ]
}

# ---- what jobs do

guest_userspace() {
	"$here/guest-image" "$1"
}

# Scripts are found by their first line; what runs in the guest or on the router is busybox's language, and some of it sourced.
check_scripts() {
	local hosts=() guests=() routers=() file
	while IFS= read -r file; do
		[ -f "$file" ] || continue
		case $file in
		openwrt-package/rmnet-mhi/files/*) routers+=("$file") ;;
		tests-qemu/netifd/*/*) guests+=("$file") ;;
		tests-qemu/guest/* | tests-qemu/cases/* | tests-qemu/bench/guest.sh) guests+=("$file") ;;
		tests-qemu/lib/*) ;; # with what sources them
		*) head -n 1 "$file" | grep -aqE '^#!/bin/(ba)?sh' && hosts+=("$file") ;;
		esac
	done < <(sources)
	shellcheck -x "${hosts[@]}"
	# Cases see guest.sh's variables, all of them one word, and it sees theirs.
	shellcheck -s dash -e SC1090,SC1091,SC2034,SC2086,SC2154 "${guests[@]}"
	shellcheck -x -s dash "${routers[@]}"
}

# The repository's files, also where it is no clone.
sources() {
	git -c safe.directory='*' ls-files --cached --others --exclude-standard 2>/dev/null ||
		find . -name build -prune -o -type f -printf '%P\n'
}

# Crates outside of the workspace are named by their roots.
check_formatting() {
	cargo fmt --all --check
	rustfmt --check --edition 2021 "$repository"/src/lib.rs "$repository"/rust/{kernel,bindings}/lib.rs
}

# Each test is a verdict.
cargo_tests() {
	{
		cargo test --workspace --no-fail-fast
		cargo test --locked --manifest-path rust/fuzz/Cargo.toml # the corpora
	} 2>&1 | tee /dev/stderr |
		sed -n -e 's/^test \(.*\) \.\.\. ok$/pass \1/p' -e 's/^test \(.*\) \.\.\. FAILED$/fail \1: see the log/p' >&3
}

# Each case is a verdict. Against the stand-in of netifd, with the guest's busybox; tests-qemu/netifd/run says how against netifd.
netifd_cases() {
	local busybox
	busybox=$(mktemp -d -p "$scratch")/busybox
	cpio -i --quiet --to-stdout usr/bin/busybox <"$("$here/guest-image" amd64)" >"$busybox"
	chmod 755 "$busybox"
	BUSYBOX=$busybox LOGS=$build/netifd "$here/netifd/run" 2>&1 | tee /dev/stderr | sed -n -e '/^pass /p' -e '/^fail /p' >&3
}

# Each case is a verdict. LuCI itself is the caller's.
luci_cases() {
	{
		"$here/luci/run" plugin
		if [ -n "${LUCI-}" ]; then
			"$here/luci/run" browser "$LUCI" "$build/luci"
		else
			echo "skip LuCI in a browser: make check LUCI=DIR does it, DIR being a checkout of LuCI"
		fi
	} 2>&1 | tee /dev/stderr | grep -aE '^(pass|fail|skip) ' >&3
}

# Each look at a file is a verdict.
check_docs() {
	cargo run --quiet -p mhictl-docs -- "$build/share" 2026-01-02
	mhictl/docs/check "$build/amd64/mhictl" "$build/share" 2>&1 | tee /dev/stderr | grep -aE '^(pass|fail|skip) ' >&3
}

# Each look at them is a verdict.
debian_packages() {
	"$here/debian-packages" check 2>&1 | tee /dev/stderr | grep -aE '^(pass|fail|skip) ' >&3
}

# Each target is a verdict.
fuzz() {
	"$repository/rust/fuzz/run" "$fuzz_seconds" 2>&1 | tee /dev/stderr |
		sed -n -e 's/^fuzz \(.*\): ok.*/pass fuzz \1/p' -e 's/^fuzz \(.*\): FAILED.*/fail fuzz \1: see the log/p' >&3
}

check_sizes() {
	local stripped
	stripped=$(mktemp -p "$scratch")
	aarch64-linux-gnu-strip --strip-debug -o "$stripped" "$build/arm64/rmnet_mhi.ko"
	at_most 153600 "$stripped" "stripped arm64 module"
	at_most 2621440 "$build/amd64/mhictl" "amd64 mhictl"
	at_most 2621440 "$build/arm64/mhictl" "arm64 mhictl"
}

# The guest openwrt loads what this looks at.
check_strip() {
	local stripped
	stripped=$(mktemp -p "$scratch")
	strip_module openwrt "$stripped"
	cmp <(modinfo_section "$build/openwrt/rmnet_mhi.ko") <(modinfo_section "$stripped")
	echo "pass .modinfo survives" >&3
	if aarch64-linux-gnu-nm --defined-only "$stripped" | grep -vE ' (_[0-9]+|__this_module)$'; then
		echo "fail no names are left: see the log" >&3
	else
		echo "pass no names are left" >&3
	fi
}

modinfo_section() {
	aarch64-linux-gnu-readelf -p .modinfo "$1"
}

# What can be told of the feed without OpenWrt; the rest is tests-qemu/openwrt-feed.
check_feed() {
	local wanted found
	wanted=$(sed -n 's/^version = "\(.*\)"/\1/p' "$repository/Cargo.toml")
	found=$(sed -n 's/^PKG_VERSION:=//p' "$repository/openwrt-package/rmnet-mhi/Makefile")
	[ "$found" = "$wanted" ] || {
		echo "openwrt-package/rmnet-mhi is version $found, the workspace $wanted"
		return 1
	}
	locked_once
}

# cargo takes --locked once. Older makefiles of the packages feed leave it to ours, newer ones pass it unless they are told not to.
locked_once() {
	local top half word package goal newer found
	top=$(mktemp -d -p "$scratch")
	mkdir -p "$top/feeds/packages/lang/rust"
	echo "INCLUDE_DIR:=$top" >"$top/rules.mk"
	touch "$top"/{kernel,package,host-build}.mk
	for half in HOST:Host:host-build PKG:Build:package; do
		IFS=: read -r word goal half <<<"$half"
		cat >"$top/feeds/packages/lang/rust/rust-$half.mk" <<-END
			RUST_${word}_LOCKED ?= 1
			$goal/Compile/Cargo = \$(if \$(filter 1,\$(RUST_${word}_LOCKED)),\$(NEWER)) \$(2)
		END
	done
	for package in bindgen-cli:Host rmnet-mhi:Build; do
		IFS=: read -r package goal <<<"$package"
		echo "\$(info \$($goal/Compile))" >"$top/show.mk"
		for newer in '' --locked; do
			found=$(make -C "$repository/openwrt-package/$package" -f Makefile -f "$top/show.mk" TOPDIR="$top" \
				CONFIG_PACKAGE_mhictl=m NEWER="$newer" -n 2>&1 | grep -o -e --locked | wc -l) || true
			[ "$found" = 1 ] || {
				echo "$package: cargo gets --locked $found times where the feed passes '$newer'"
				return 1
			}
		done
	done
}

at_most() {
	local size
	size=$(stat -c %s "$2")
	if [ "$size" -le "$1" ]; then
		echo "pass $3 has $size bytes" >&3
	else
		echo "fail $3: $size bytes, more than $1" >&3
	fi
}

# What a kernel complained of first.
last_words() {
	grep -aoE "($complaint).*" "$1" | head -n 1 | tr -d '\r' || true
}

# What the kernel complained of on the console once the case was through, since the machine goes down with the driver loaded; and whether one
# did not survive before that, where a case starts another.
after_all() {
	{
		sed '1,/^---- done/d' "$1" | grep -aE "$complaint" | grep -av 'BUG: KCSAN'
		grep -a 'Kernel panic' "$1" | grep -av 'sysrq triggered crash'
	} | head -n 1 | tr -d '\r'
}

# guest_case GUEST NAME: its logs stay in build/tests/GUEST-NAME unless it passes.
guest_case() {
	local guest=$1 name=$2 directory=$build/tests/$1-$2 status=0 why last builder extra=()
	case $guest,${CASE-} in
	debug-*, | kcsan-*,)
		if [ -n "${not_on_debug[$name]-}" ]; then
			echo "skip $name: ${not_on_debug[$name]}" >&3
			return
		fi
		;;
	esac
	# `# module: SCRIPT` in the head: a kernel module more, which that script builds.
	builder=$(header "$here/cases/$name.sh" module)
	if [ -n "$builder" ]; then
		extra+=("$("$here/$builder" "$guest")")
	fi
	# `# image: NAME`: what its guest has on top of the usual programs.
	image=$(header "$here/cases/$name.sh" image)
	# `# kernel-file: yes`: the kernel, in the form that kexec takes.
	if [ -n "$(header "$here/cases/$name.sh" kernel-file)" ]; then
		mkdir -p "$directory"
		cp "$(kernel_file "$guest")" "$directory/vmlinuz"
		extra+=("$directory/vmlinuz")
	fi
	build_image "$guest" "$directory" "${extra[@]}"
	rm -f "$directory/vmlinuz"
	why=$(vm "$guest" "$directory" "$name" "$here/cases/$name.sh" file) || status=$?
	if [ -e "$directory/verdict" ]; then
		grep -aE '^(pass|fail|skip) ' "$directory/verdict" | tr -d '\r' >&3 || true
	fi
	last=$(last_words "$directory/console.log")
	if [ $status != 0 ]; then
		echo "fail $name: $why${last:+: $last}" >&3
	elif ! grep -qax 'done' "$directory/verdict"; then
		echo "fail $name: the guest ended before the case did: $last" >&3
	elif ! grep -qaE '^(pass|fail|skip) ' "$directory/verdict"; then
		echo "fail $name: it reports no verdict" >&3
	elif last=$(after_all "$directory/console.log") && [ -n "$last" ]; then
		echo "fail $name: kernel log: after the case: $last" >&3
	elif ! grep -qa '^fail' "$directory/verdict" && [ -z "${CASE-}" ]; then
		rm -r "$directory"
		return
	fi
	echo "logs: ${directory#"$repository/"}/{console,modem,qemu}.log"
	tail -n 25 "$directory/console.log" | tr -d '\r'
}
