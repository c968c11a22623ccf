# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Transfers with every byte compared, as the transfer-* cases do them. Sourced by guest.sh.

link=rmnet_mhi0.1
ipv4=192.0.2.1
ipv6=2001:db8:ffff::1

# traffic ACTION ADDRESS ARGUMENTS...: through the link, to the port that the action belongs to.
transfer() {
	local action=$1 address=$2 port
	shift 2
	case $action in
	tcp-get) port=5001 ;;
	tcp-put) port=5002 ;;
	udp-get) port=5003 ;;
	udp-put) port=5004 ;;
	*-echo) port=7 ;;
	esac
	traffic "$action" $address $port "$@" --bind-device $link
}

# transfers VERSION: more than 100 MB in one QMAP format. UDP is paced, since the guest's CPU is emulated.
transfers() {
	driver_up
	need "session" connect --ip 4+6 --qmap "$1"
	check "TCP download" transfer tcp-get $ipv4 1 60000000
	check "TCP upload" transfer tcp-put $ipv4 2 40000000
	check "TCP download over IPv6" transfer tcp-get $ipv6 3 10000000
	check "TCP upload over IPv6" transfer tcp-put $ipv6 4 10000000
	check "TCP echo" transfer tcp-echo $ipv4 5 2000000
	check "UDP download" transfer udp-get $ipv4 6 5000 1200 2000
	check "UDP upload" transfer udp-put $ipv4 7 5000 1200 2000
	check "UDP download over IPv6" transfer udp-get $ipv6 8 2000 1200 2000
	check "UDP upload over IPv6" transfer udp-put $ipv6 9 2000 1200 2000
	check "UDP echo, small and large" small_and_large
	check "disconnect" disconnect
}

small_and_large() {
	transfer udp-echo $ipv4 10 200 16 500 && transfer udp-echo $ipv6 11 200 1400 500
}

# figure NAME: a figure of the modem's since it was last reset.
figure() {
	modem data stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# What it found wrong with an upload.
wrong() {
	echo $(($(figure ul_bad_frame) + $(figure ul_bad_pad) + $(figure ul_bad_ip) + $(figure ul_bad_checksum) + $(figure ul_bad_offload) +
		$(figure ul_bad_seed) + $(figure ul_limit_violations) + $(figure ul_no_session)))
}
