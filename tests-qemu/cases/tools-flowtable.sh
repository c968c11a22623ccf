# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: tools
# timeout: 150
#
#     192.168.7.2 lan0 -- lan1 192.168.7.1 -- (masquerading router) -- rmnet_mhi0.2 -- the modem's network -- rmnet_mhi0.3 "far"
#     in "lan"
#
# A router with nftables' flowtable: an established flow leaves the forwarding path, and its content arrives.

peers_up nf_tables nft_ct nft_flow_offload nf_flow_table_inet nft_chain_nat nft_masq nf_conntrack_netlink

ip netns add lan
check "LAN" ip link add lan1 type veth peer name lan0 netns lan
ip addr add 192.168.7.1/24 dev lan1
ip link set lan1 up
ip -n lan addr add 192.168.7.2/24 dev lan0
ip -n lan link set lan0 up
ip -n lan route add default via 192.168.7.1
echo 1 >/proc/sys/net/ipv4/ip_forward

cat >/tmp/router.nft <<END
table inet router {
	flowtable fast {
		hook ingress priority filter
		devices = { lan1, $link }
	}
	chain forward {
		type filter hook forward priority filter
		counter name slow
		ct state established meta l4proto { tcp, udp } flow add @fast
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		oifname "$link" masquerade
	}
	counter slow {
	}
}
END
check "the rules are taken" nft -f /tmp/router.nft

# slow_packets: those that went through the forwarding path.
slow_packets() {
	nft list counter inet router slow | sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

check "ping from the LAN" ip netns exec lan ping -c 3 -W 5 $far
mkfifo /tmp/held /tmp/pipe
on_far nc -l -p 7778 <>/tmp/held >/tmp/first &
ip netns exec lan nc $far 7778 </tmp/pipe &
exec 8>/tmp/pipe
head -c 100000 /dev/urandom >&8
check "an open connection is offloaded" wait_for 10 sh -c "conntrack -L -p tcp 2>/dev/null | grep 'dport=7778' | grep -q '\[OFFLOAD\]'"
exec 8>&-

before=$(slow_packets)
sent=$(statistic $link tx_packets)
check "content from the LAN" content_arrives lan $far 8000000
sent=$(($(statistic $link tx_packets) - sent))
slow=$(($(slow_packets) - before))
echo "$sent packets went up, $slow of both ways through the forwarding path"
check "its packets passed the forwarding path by" test $slow -lt 40
check "and were many" test $sent -gt 150
check "they went where they should" test "$(on_far cat /sys/class/net/$base.3/statistics/rx_bytes)" -gt 8000000
check_equal "the modem found nothing wrong with what came" 0 "$(wrong)"
check "the driver goes under it" driver_unload
check "the rules stay" nft list table inet router
