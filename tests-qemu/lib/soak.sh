# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# `make soak`: one guest at work for hours, by a seed that is printed. Sourced by tests-qemu/run, in the build root.

soak() {
	local guest=${architecture:=arm64} minutes=${SOAK_MINUTES:-240} seed=${SOAK_SEED:-$RANDOM} directory why failed=
	[ -z "${IMAGE-}" ] || guest=own
	[ -z "${DEBUG-}" ] || guest=$(debug_guest)
	directory=$build/tests/soak-$guest
	prepare "$guest"
	build_image "$guest" "$directory"
	say "$minutes minutes on $guest, SOAK_SEED=$seed; what happens is in ${directory#"$repository/"}/console.log"
	kernel_options="SOAK_MINUTES=$minutes SOAK_SEED=$seed"
	vm_seconds=$((minutes * 60 + 600))
	why=$(vm "$guest" "$directory" soak "$here/guest/soak.sh" file) || failed=1
	grep -aE '^(pass|fail|skip|note) ' "$directory/verdict" | tr -d '\r'
	[ -z "$failed" ] || echo "fail soak: $why"
	[ -z "$failed" ] && grep -qax 'done' <(tr -d '\r' <"$directory/verdict") && ! grep -qa '^fail' "$directory/verdict"
}
