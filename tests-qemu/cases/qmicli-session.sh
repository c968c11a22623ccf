# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# A whole session by hand, with libqmi's qmicli and iproute2: QMAPv5, aggregates both ways, links that iproute2 and that qmicli makes.

# session MUX APN LINK: binds a client of its own to the mux id, starts a session and gives the link its address.
session() {
	local mux=$1 apn=$2 link=$3 client with settings
	client=$(qmi --wds-noop --client-no-release-cid | field CID)
	[ -n "$client" ] || return
	with="--client-cid=$client --client-no-release-cid"
	qmi $with --wds-bind-mux-data-port=mux-id=$mux,ep-type=pcie,ep-iface-number=4 &&
		qmi $with --wds-set-ip-family=4 &&
		qmi $with --wds-start-network=apn=$apn,ip-type=4 || return
	settings=$(qmi $with --wds-get-current-settings) || return
	echo "$settings"
	ip link set $link up mtu "$(echo "$settings" | field MTU)" &&
		ip addr add "$(echo "$settings" | field 'IPv4 address')/32" dev $link
}

driver_up
# Without an opener the channel stops, and the modem forgets its clients.
command exec 9<$qmi
need "format" qmi --wda-set-data-format=link-layer-protocol=raw-ip,ul-protocol=qmapv5,dl-protocol=qmapv5,dl-datagram-max-size=31744,dl-max-datagrams=32,ul-datagram-max-size=8192,ul-max-datagrams=11,ep-type=pcie,ep-iface-number=4
check "aggregates upwards" ethtool -C $base tx-aggr-max-bytes 8192 tx-aggr-max-frames 11
need "link by iproute2" ip link add link $base name $link type rmnet mux_id 129 ingress-deaggregation on ingress-mapv5-checksum on egress-mapv5-checksum on
need "base is up" ip link set $base up
need "session" session 129 internet $link
check "ping" ping_through $link 1.1.1.1
check "route" ip route add $ipv4 dev $link
check "TCP download" transfer tcp-get $ipv4 1 4000000
check "TCP upload" transfer tcp-put $ipv4 2 4000000

check "link by qmicli" qmi --link-add=iface=$base,prefix=$base.,mux-id=130
qmi --link-list=$base
second=$(qmi --link-list=$base | sed -n "s/.*\] \($base\..*\)/\1/p" | grep -vx $link)
check "another session on it" session 130 ims "$second"
check "ping through it" ping_through "$second" 1.1.1.2
check "ping through the first one" ping_through $link 1.1.1.1
check_equal "nothing was malformed" 0 "$(malformed)"
ip -d link show $link
ethtool -S $base | grep -v ': 0$'
