# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# What the modem sees of an upload: checksums left to it where the format allows that, all of them right, its limits kept.

# upload VERSION OFFLOAD: transfers both families; OFFLOAD says whether checksums are left to the modem.
upload() {
	modem data stats reset >/dev/null
	check "$1: TCP" transfer tcp-put $ipv4 1 3000000
	check "$1: TCP over IPv6" transfer tcp-put $ipv6 2 3000000
	check "$1: UDP" transfer udp-put $ipv4 3 500 1200 1000
	case $2 in
	yes) check "$1: checksums are left to the modem" test "$(figure ul_offloaded)" -gt 500 ;;
	no) check_equal "$1: none is left to the modem" 0 "$(figure ul_offloaded)" ;;
	esac
	check_equal "$1: the modem finds nothing wrong" 0 "$(wrong)"
	check "$1: packets are aggregated" test "$(figure ul_max_packets_in_transfer)" -gt 1
}

driver_up
for version in v1 v4 v5; do
	need "$version: session" connect --ip 4+6 --qmap $version
	case $version in
	v1) upload $version no ;;
	*) upload $version yes ;;
	esac
	[ $version = v1 ] || check "$version: offload is switched off" ethtool -K $link tx off rx off
	[ $version = v1 ] || upload "$version, switched off" no
	check "$version: disconnect" disconnect
done
