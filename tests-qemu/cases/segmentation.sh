# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
# Packets with much data are cut into frames by the driver: what the modem gets is right to the byte, in each format and with
# the features switched on and off, and it is the driver that cuts exactly where that is on.

# upload NAME CUT: both families and protocols; CUT is what the driver is to cut: tcp, udp, both or none.
upload() {
	local name=$1 before middle after many='--segment 40' few='--segment 3'
	# Kernels before 6.10 do not do UDP's checksums themselves for a program that gives several datagrams at once.
	case "$name $(uname -r)" in
	"checksums off 6."[0-9].*)
		skip "$name: several datagrams at once: this kernel needs checksum offload for that"
		many='' few=''
		;;
	esac
	modem data stats reset >/dev/null
	before=$(counter $base tx_segmented)
	check "$name: TCP" transfer tcp-put $ipv4 1 3000000
	check "$name: TCP over IPv6" transfer tcp-put $ipv6 2 3000000
	check "$name: eight flows" transfer tcp-put $ipv4 10 500000 --flows 8
	middle=$(counter $base tx_segmented)
	check "$name: UDP, 40 at once" transfer udp-put $ipv4 3 2000 1200 4000 $many
	check "$name: UDP over IPv6, 3 at once" transfer udp-put $ipv6 4 601 700 4000 $few
	after=$(counter $base tx_segmented)
	check_equal "$name: the modem finds nothing wrong" 0 "$(wrong)"
	case $2 in
	both) check "$name: the driver cuts both" test $middle -gt $((before + 50)) -a $after -gt $((middle + 50)) ;;
	udp) check "$name: the driver cuts UDP alone" test $middle = $before -a $after -gt $((middle + 50)) ;;
	tcp) check "$name: the driver cuts TCP alone" test $middle -gt $((before + 50)) -a $after = $middle ;;
	none) check_equal "$name: the driver cuts none" $before $after ;;
	esac
}

# features WORD...: switches them.
features() {
	check "features $*" ethtool -K $link "$@"
}

driver_up
for version in v1 v4 v5; do
	need "$version: session" connect --ip 4+6 --qmap $version
	upload $version both
	[ $version = v5 ] || check "$version: disconnect" disconnect
done
features tx-udp-segmentation off
upload "UDP off" tcp
features tso off
upload "TCP off" none
features tso on tx-udp-segmentation on sg off
upload "scatter off" udp
features sg on tso on tx-udp-segmentation on tx off
upload "checksums off" none
features tx on tso on tx-udp-segmentation on
upload "all on again" both
check "one frame a transfer" ethtool -C $base tx-aggr-max-frames 1
upload "one frame a transfer" both
check "small MTU" ip link set $link mtu 1280
upload "small MTU" both
check "disconnect" disconnect
