# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
# Downlink aggregates of 1 to 32 KiB. Those beyond a receive buffer come in pieces (completion code OVERFLOW).

driver_up
need "session" connect
for size in 1024 2048 4096 8192 16384 24576 32768; do
	modem data stats reset >/dev/null
	check "$size bytes: ordered" modem data aggregate 64 $size 200
	check "$size bytes: everything arrives" transfer udp-get $ipv4 $size 1500 700 1500
	largest=$(modem data stats | tr ' ' '\n' | sed -n 's/^dl_max_bytes_in_transfer=//p')
	check "$size bytes: the largest had $largest" test "$largest" -gt $((size - 800)) -a "$largest" -le $size
done
check "some came in pieces" test "$(counter $base rx_split_pieces)" -gt 0
check_equal "none of those was dropped" 0 "$(counter $base rx_split_dropped)"
check_equal "nothing was malformed" 0 "$(malformed)"

check "as negotiated again" modem data aggregate auto
for pad in 0 3 63; do
	check "pad of $pad bytes" modem data pad $pad
	check "pad of $pad bytes: everything arrives" transfer udp-get $ipv4 $pad 200 700 1000
done
check "disconnect" disconnect
