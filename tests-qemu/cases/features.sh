# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 400
# Transfers with the link's features on and off in every combination, each byte compared, and nothing wrong in what the modem gets: all
# combinations in QMAPv5 on Debian's amd64 kernel, elsewhere such that any two features meet in all four ways.

features='tx-checksum-ipv4 tx-checksum-ipv6 rx-checksumming scatter-gather tcp-segmentation-offload tx-udp-segmentation
	generic-segmentation-offload generic-receive-offload'

# The columns of pairs: each is another choice of three rows out of the last five, so that two of them share a row, and differ.
pairs='0000000000 1111110000 1110001110 1001101101 0101011011 0010110111 1111111111'

offered() {
	ethtool -k $link | sed -n "s/^\t*$1: \(on\|off\)$/\1/p" | grep -q .
}

# The features of which the last `set_features` and the kernel disagree where the kernel must obey: what is off is off.
disobeyed() {
	ethtool -k $link | while read -r name value _; do
		case "$off" in
		*" ${name%:} "*) [ "$value" = off ] || echo "${name%:}" ;;
		esac
	done
}

# set_features BITS: the first bit is the first feature's. The kernel itself leaves off what needs another feature that is off.
set_features() {
	local bits=$1 feature words=''
	off=' '
	for feature in $features; do
		case $bits in
		1*) words="$words $feature on" ;;
		*)
			words="$words $feature off"
			off="$off$feature "
			;;
		esac
		bits=${bits#?}
	done
	ethtool -K $link $words >/tmp/ethtool.log 2>&1 || true # it complains if nothing changes
}

# combination VERSION BITS
combination() {
	local many=12 found
	# Kernels before 6.10 do not do UDP's checksums themselves for a program that gives several datagrams at once.
	case "$2 $(uname -r)" in
	11*) ;;
	*" 6."[0-9].*) many=1 ;;
	esac
	set_features $2
	seed=$((seed + 10))
	found=$(disobeyed)
	[ -z "$found" ] || fail "$1, $2 of $features: still on: $found"
	mixed $seed $many >/tmp/mixed.log || fail "$1, $2 of $features: $(cat /tmp/mixed.log)"
}

rightly_sent() {
	local found
	found=$(wrong)
	[ "$found" = 0 ] || fail "$1: the modem finds $found packets wrong"
}

# combinations VERSION BITS...
combinations() {
	local version=$1 bits count=0
	shift
	for bits; do
		[ -z "${failed-}" ] || return
		combination $version $bits
		count=$((count + 1))
		[ $((count % 8)) != 0 ] || rightly_sent "$version, up to $bits of $features"
	done
	rightly_sent "$version"
	[ -n "${failed-}" ] || pass "$version: $count combinations"
}

# Every combination once, each with one feature changed (Gray's code).
all() {
	local size=0 feature number=0 gray bit bits
	for feature in $features; do
		size=$((size + 1))
	done
	while [ $number -lt $((1 << size)) ]; do
		gray=$((number ^ (number >> 1)))
		bits='' bit=0
		while [ $bit -lt $size ]; do
			bits="$bits$(((gray >> bit) & 1))"
			bit=$((bit + 1))
		done
		echo $bits
		number=$((number + 1))
	done
}

driver_up
seed=1
for version in v1 v4 v5; do
	need "$version: session" connect --ip 4+6 --qmap $version
	if [ $version = v1 ]; then
		if offered rx-gro-hw; then
			features="$features rx-gro-hw"
		else
			skip "rx-gro-hw: the link does not offer it"
		fi
	fi
	modem data stats reset >/dev/null
	before=$(counter $base tx_segmented)
	case "$version $(uname -mr)" in
	*-debug*) combinations $version $pairs ;; # such a kernel takes an hour for all
	"v5 "*" x86_64")
		everything=$(all)
		combinations $version $everything
		;;
	*) combinations $version $pairs ;;
	esac
	check "$version: the driver has cut packets" test "$(counter $base tx_segmented)" -gt "$before"
	case $version in
	v1) check_equal "$version: the modem has done no checksum" 0 "$(figure ul_offloaded)" ;;
	*) check "$version: the modem has done checksums" test "$(figure ul_offloaded)" -gt 100 ;;
	esac
	set_features 0000000000
	modem data stats reset >/dev/null
	before=$(counter $base tx_segmented)
	check "$version: all off" mixed 1
	check_equal "$version: all off: the driver cuts none" "$before" "$(counter $base tx_segmented)"
	check_equal "$version: all off: no checksum is left to the modem" 0 "$(figure ul_offloaded)"
	check "$version: disconnect" disconnect
done
