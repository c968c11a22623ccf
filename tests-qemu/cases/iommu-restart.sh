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
received=$(counter $base rx_transfers)
check "it sends all the time" modem data blast 129 1400 2000000 5000
check "packets arrive" wait_for 20 received_more 1000
check "its channels are restarted" wait_for 40 dmesg_has 'has taken no packet for 5 s: restarting its data channels'
check "and again" wait_for 40 dmesg_has 'has taken no packet for 10 s: restarting its data channels'
check "restarts are counted" test "$(counter $base tx_channel_restarts)" -ge 2
received=$(counter $base rx_transfers)
check "packets arrive as before" wait_for 20 received_more 1000
check_equal "none went elsewhere" "" "$(stray)"
kill $load
modem unmute 100
check "the modem is not reset" test "$(counter $base modem_crashes)" = 0
