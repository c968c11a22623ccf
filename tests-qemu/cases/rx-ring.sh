# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# The receive ring: its size by ethtool, also under load, buffers that are used again, and longer ones once transfers do not fit.

# ring WHAT: a value of the current settings as `ethtool -g` shows it.
ring() {
	ethtool -g $base | sed -n '/^Current/,$p' | sed -n "s/^$1:[[:space:]]*//p"
}

# changing ORDINAL: a download while the ring's size changes.
changing() {
	local count
	transfer tcp-get $ipv4 "$1" 20000000 &
	download=$!
	while kill -0 $download 2>/dev/null; do
		for count in 16 511 17 256; do
			ethtool -G $base rx $count || return
		done
	done
	wait $download
}

driver_up
need "session" connect --ip 4+6
check_equal "256 buffers at first" 256 "$(ring RX)"
check_equal "of 16 KiB" 16384 "$(ring 'RX Buf Len')"
check "download" transfer tcp-get $ipv4 1 30000000
check "buffers are used again" test "$(counter $base rx_buffers_reused)" -gt 100
for count in 0 15 512 4294967295; do
	check "$count buffers are refused" refused ethtool -G $base rx $count
done
check "another number of buffers to send from is refused" refused ethtool -G $base tx 8
check "with a reason" sh -c "ethtool -G $base tx 8 2>&1 | grep -q 'the buffers to send from are 64'"
check "and so is one to receive into" sh -c "ethtool -G $base rx 15 2>&1 | grep -q 'rx is not from 16 to 511'"
check_equal "256 as before" 256 "$(ring RX)"
for count in 16 511; do
	check "$count buffers" ethtool -G $base rx $count
	check_equal "$count are shown" $count "$(ring RX)"
	check "$count buffers: TCP" transfer tcp-get $ipv4 $count 3000000
	check "$count buffers: UDP" transfer udp-get $ipv4 $count 1000 1200 1000
done
check "download while the number changes" changing 2
check "16 buffers" ethtool -G $base rx 16
modem sys_err
check "the modem crashes" wait_for 20 grep -q disconnected /tmp/mhictl.log
check "and comes back" wait_for 60 ping_through $link $ipv4 1
check_equal "16 buffers after a crash" 16 "$(ring RX)"
check "download after it" transfer tcp-get $ipv4 3 3000000

check "transfers of 32 KiB" modem data aggregate 64 32768 200
check "they arrive" transfer udp-get $ipv4 4 1500 700 1500
check "some in pieces" test "$(counter $base rx_split_pieces)" -gt 0
check_equal "buffers have 32 KiB since" 32768 "$(ring 'RX Buf Len')"
check "once more" transfer udp-get $ipv4 5 1500 700 1500
before=$(counter $base rx_split_pieces)
check "and again" transfer udp-get $ipv4 6 1500 700 1500
check_equal "none in pieces any more" "$before" "$(counter $base rx_split_pieces)"
check "disconnect" disconnect
