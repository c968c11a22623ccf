# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
# The MTU of link and base changes under traffic both ways, from the smallest to the largest: what is under way arrives, datagrams that
# fit are not lost, and what the modem sends is taken whatever the MTU.

# mtu INTERFACE VALUE: set, and everything that can move still moves.
mtu() {
	check "$1: MTU $2" ip link set $1 mtu $2
	check "$1: MTU $2: all transfers go on" flows_move 30
}

large_ping() {
	ping -c 3 -i 0.2 -W 5 -S 400000 -s $1 -I $link $2 | tee /tmp/ping.log && grep -q ' 0% packet loss' /tmp/ping.log
}

driver_up
need "session" connect --ip 4+6

flow get4 tcp-get $ipv4 400000
flow put4 tcp-put $ipv4 400000
flow get6 tcp-get $ipv6 400000
flow put6 tcp-put $ipv6 400000
flow datagrams-get udp-get $ipv4 100 1200 1000
flow datagrams-put udp-put $ipv6 100 1200 1000
for value in 1280 65520 1500; do
	mtu $link $value
	mtu $base $value
done
check "what was under way has arrived" stop_flows

# Below 1280 there is no IPv6. A transfer begun at 68 bytes keeps its segments of 28, 14,000 in 400,000 bytes: fewer where they take long.
bytes=$((400000 / ${PATIENCE:-1}))
flow get4 tcp-get $ipv4 $bytes
flow put4 tcp-put $ipv4 $bytes
flow datagrams-get udp-get $ipv4 100 1400 500
for value in 576 68 1500 68 65520 68; do
	mtu $link $value
done
mtu $base 68
check "MTU 68: ping" ping_through $link 1.1.1.1
check "MTU 68: ping in pieces" large_ping 1000 1.1.1.1
mtu $base 1500
check "what was under way has arrived, again" stop_flows

# The largest that a transfer carries: 65520 bytes with a frame's header.
check "MTU 65520" ip link set $link mtu 65520
ip -6 addr add "$(modem data session up 129 | cut -d' ' -f2)/64" dev $link nodad
check "the modem sends as much at a time" modem data aggregate 64 65535
modem data stats reset >/dev/null
flow get4 tcp-get $ipv4 400000
flow put4 tcp-put $ipv4 400000
for size in 16384 32768 60000 65492; do
	check "ping of $size bytes" large_ping $size 1.1.1.1
done
check "ping of 60000 bytes over IPv6" large_ping 60000 2606:4700:4700::1111
check "the modem got them in one piece" test "$(figure ul_max_bytes_in_transfer)" -gt 65500
check "and so sent them" test "$(figure dl_max_bytes_in_transfer)" -gt 65500
check_equal "the modem finds nothing wrong" 0 "$(wrong)"
check "what was beside has arrived" stop_flows
check_equal "nothing was malformed" 0 "$(malformed)"
check "disconnect" disconnect
