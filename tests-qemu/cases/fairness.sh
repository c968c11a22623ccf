# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
#
#     rmnet_mhi0.1   eight flows of TCP, and the first to begin      \
#     rmnet_mhi0.2   one flow                                         \  a modem that takes 20 Mbit/s
#     rmnet_mhi0.3   datagrams of 1200 bytes, forty at a time         /
#     rmnet_mhi0.4   one flow                                        /
#
# Links that send all they can share the modem evenly: each gets half of its fair share at least.

# upload LINK ARGUMENTS...: in the background.
upload() {
	local link=$1
	shift
	transfer "$@" >/dev/null 2>&1 &
}

tx_bytes() {
	for number in 1 2 3 4; do
		statistic $base.$number tx_bytes
	done
}

# has_sent LINK BYTES
has_sent() {
	[ "$(statistic "$1" tx_bytes)" -gt "$2" ]
}

driver_up
need "session 1" connect --no-route
for number in 2 3 4; do
	need "session $number" extra_link $number
done
modem data uplink-rate 20000000
for number in 1 2 3 4; do
	ip route add $ipv4 dev $base.$number metric 10$number
done
upload $base.1 tcp-put $ipv4 1 500000000 --flows 8
check "link 1 is alone at first" wait_for 20 has_sent $base.1 2000000
usleep 2000000
upload $base.2 tcp-put $ipv4 2 500000000
upload $base.3 udp-put $ipv4 3 10000000 1200 0 --segment 40
upload $base.4 tcp-put $ipv4 4 500000000

# shared NAME: each link's share of what is sent in some seconds.
shared() {
	local name=$1 all=0 number=0 shares='' before now share
	usleep 3000000
	before=$(tx_bytes)
	usleep 8000000
	set -- $before
	for now in $(tx_bytes); do
		shares="$shares $((now - $1))"
		all=$((all + now - $1))
		shift
	done
	check "$name: $all bytes" test $all -gt 5000000
	for share in $shares; do
		number=$((number + 1))
		check "$name: link $number has $((share * 100 / all)) %" test $((share * 8)) -ge $all
	done
}

shared "with byte queue limits"
# Now its packets could take all of the driver's buffers.
check "the first link has no limit" sh -c "echo 100000000 >/sys/class/net/$base.1/queues/tx-0/byte_queue_limits/limit_min"
shared "without on the first link"
check "it had to wait for the others" test "$(counter $base tx_queue_yielded)" -gt 0
tail -n 1 /sys/class/net/$base.*/queues/tx-0/byte_queue_limits/limit
ethtool -S $base | grep tx_
