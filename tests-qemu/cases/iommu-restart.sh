# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# iommu: strict
# timeout: 200
# Behind an IOMMU that lets the modem reach what is mapped for it at that moment: the watchdog restarts the data channels while packets
# arrive as fast as they can, and the modem writes none of them into memory that it does not have any more.

# Accesses that went elsewhere, by name.
stray() {
	modem stats | tr ' ' '\n' | grep '^bad_'
}

received_more() {
	[ "$(counter $base rx_transfers)" -gt $((received + $1)) ]
}

driver_up
need "session" connect
check "the modem takes no packet" modem mute 100
ping -q -i 0.02 -s 1000 -I $link $ipv4 >/dev/null 2>&1 &
load=$!
# What the modem has to send ends with the channel.
for seconds in 5 10; do
	received=$(counter $base rx_transfers)
	check "it sends all the time" wait_for 20 modem data blast 129 1400 2000000 $((5000 / ${PATIENCE:-1}))
	check "packets arrive" wait_for 20 received_more 1000
	check "its channels are restarted after $seconds s" wait_for 40 dmesg_has \
		"has taken no packet for $seconds s: restarting its data channels"
done
check_equal "restarts are counted" 2 "$(counter $base tx_channel_restarts)"
received=$(counter $base rx_transfers)
check "it sends again" wait_for 20 modem data blast 129 1400 2000000 $((5000 / ${PATIENCE:-1}))
check "packets arrive as before" wait_for 20 received_more 1000
check_equal "no packet went elsewhere" "" "$(stray)"
kill $load
modem unmute 100
check "the modem is not reset" test "$(counter $base modem_crashes)" = 0
