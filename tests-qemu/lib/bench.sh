# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# `make bench`: boots each contender with the counting plugin and hands what was counted to bench/report. Both architectures run
# at the same time: instructions do not depend on who else uses the machine. Sourced by tests-qemu/run, in the build root.
#
#   build/bench/ARCH-CONTENDER/verdict    what the guest said
#                             /counts    what the plugin counted
#                             /profile   instructions per packet of each kernel function, by workload

contenders=(floor rmnet_mhi mhi_net+rmnet mhi_net+rmnet+aggr mhi_wwan_mbim)

bench() {
	local guests=(amd64 arm64) guest chosen=("${contenders[@]}")
	[ -z "$architecture" ] || guests=("$architecture")
	[ -z "${CONTENDERS-}" ] || IFS=, read -ra chosen <<<"$CONTENDERS"
	quietly "building the counting plugin" build_plugin
	quietly "building the emulated modem" build_modem
	for guest in "${guests[@]}"; do
		quietly "building the module for $guest" build_module "$guest"
		quietly "building the traffic for $guest" build_load "$guest"
		quietly "building the floor for $guest" build_floor "$guest"
		quietly "building the kernel's rmnet for $guest" "$here/mainline-rmnet" "$guest"
		quietly "fetching nft for $guest" "$here/bench/nat-tools" "$guest"
		quietly "asking $guest's kernel for its symbols" kernel_symbols "$guest"
		rm -rf "$build/bench/$guest"-* # of another run
	done
	for guest in "${guests[@]}"; do
		measure_all "$guest" &
	done
	wait
	report "${guests[@]}"
	say "also in build/bench: results.json, latency.json, results.png, table.md, ARCH-CONTENDER/profile"
}

measure_all() {
	local guest=$1 contender start
	for contender in "${chosen[@]}"; do
		start=$SECONDS
		measure "$guest" "$contender"
		say "measured $contender on $guest ($((SECONDS - start)) s)"
	done
}

report() {
	"$here/bench/report" "$build/bench" "$@"
	"$here/bench/latency" "$build/bench" "$@"
	"$here/bench/markdown" "$build/bench" >"$build/bench/table.md"
	quietly "plotting" plot "$*"
}

# plot ARCHS: gnuplot is for this alone, so the build root gets it when it is wanted. Pings are not plotted.
plot() {
	awk 'FNR > 1 { rows++ } END { exit !rows }' "$build"/bench/*.tsv || return 0
	command -v gnuplot >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gnuplot-nox
	gnuplot -e "base='$build/bench'; archs='$1'" "$here/bench/plot.gnuplot"
}

build_plugin() {
	mkdir -p "$build/bench"
	gcc -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -o "$build/bench/count.so" "$here/bench/count.c"
}

build_load() {
	"${cross[$1]}gcc" -O2 -Wall -Wextra -Werror -static -o "$build/$1/load" "$here/bench/load.c"
}

build_floor() {
	local directory=$build/bench/floor-$1
	mkdir -p "$directory"
	cp "$here"/bench/floor/* "$directory/"
	make -C "$(kernel_tree "$1")" M="$directory" CROSS_COMPILE="${cross[$1]}" KCFLAGS=-Werror modules
}

# kernel_symbols GUEST: its addresses are where it boots without KASLR, and Debian ships no System.map.
kernel_symbols() {
	local guest=$1 directory=$build/bench/$1-kernel file
	file=$build/bench/$(release "$guest").symbols
	[ ! -e "$file" ] || return 0
	build_image "$guest" "$directory"
	kernel_options="nokaslr CONTENDER=kernel"
	vm "$guest" "$directory" bench "$here/bench/guest.sh" file
	grep -a '^symbol ' "$directory/verdict" | tr -d '\r' | sort >"$file.new"
	rm -r "$directory"
	mv "$file.new" "$file"
}

# measure GUEST CONTENDER: one that does not come through leaves gaps in the table.
measure() {
	local guest=$1 contender=$2 directory=$build/bench/$1-$2 copies why
	build_image "$guest" "$directory" "$("$here/mainline-rmnet" "$guest")" "$build/bench/floor-$guest/floor.ko" \
		"$("$here/bench/nat-tools" "$guest")"
	copies=$(copying_functions "$guest")
	modem_options=()
	[ "$contender" != mhi_wwan_mbim ] || modem_options=(--model rm520n-eac --mbim)
	qemu_options=(-plugin "$build/bench/count.so,out=$directory/counts$copies")
	kernel_options="nokaslr CONTENDER=$contender REPETITIONS=${REPETITIONS:-5} ${WORKLOADS:+WORKLOADS=$WORKLOADS}"
	why=$(vm "$guest" "$directory" bench "$here/bench/guest.sh" file) || say "$contender on $guest: $why"
	cat "$build/bench/$(release "$guest").symbols" >"$directory/symbols"
	grep -a '^symbol ' "$directory/verdict" | tr -d '\r' >>"$directory/symbols"
}

# Arguments for the plugin: where the kernel's memcpy and memmove are. What user space gets or gives is another matter.
copying_functions() {
	awk '
		start != "" && $2 != start { printf ",copy=%s-%s", start, $2; start = "" }
		$3 ~ /^(__pi_|__)?(memcpy|memmove|memcpy_orig)$/ { start = $2 }' \
		"$build/bench/$(release "$1").symbols"
}
