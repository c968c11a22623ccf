# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# What tcpdump sees: IP on a link, and on the base the MAP frames that carry it, as transfers have them.

driver_up
need "session" connect

# capture INTERFACE FILTER [OPTION]: ten pings' worth of what tcpdump prints.
capture() {
	tcpdump -Z root -i "$1" -n -c 10 -w /tmp/capture.pcap $2 2>/tmp/tcpdump.log &
	wait_for 10 grep -q 'listening on' /tmp/tcpdump.log
	ping -q -c 6 -i 0.2 -W 5 -I $link 1.1.1.1
	wait $!
	cat /tmp/tcpdump.log
	tcpdump -Z root -n -x $3 -r /tmp/capture.pcap >/tmp/capture.txt 2>&1
}
check "capture on the link" capture $link icmp
# Libpcap's own for devices of this kind: each packet with its protocol before it.
check "its link type has the protocol" grep -q 'link-type LINUX_SLL' /tmp/tcpdump.log
check "requests" grep -q 'IP 10.64.129.2 > 1.1.1.1: ICMP echo request' /tmp/capture.txt
check "answers" grep -q 'IP 1.1.1.1 > 10.64.129.2: ICMP echo reply' /tmp/capture.txt

# The protocol's number is ETH_P_MAP; a frame's second byte is its mux id.
before=$(statistic $base rx_dropped)
echo 1 >/proc/sys/net/ipv6/conf/$base/disable_ipv6 # solicits routers
check "capture on the base" capture $base "" -e
cat /tmp/capture.txt
check "with the protocol, too" grep -q 'link-type LINUX_SLL' /tmp/tcpdump.log
check "frames that go" grep -A 1 ' Out .*(0x00f9)' /tmp/capture.txt
check "frames that come" grep -A 1 ' In .*(0x00f9)' /tmp/capture.txt
check_equal "all of them the link's" "" "$(sed -n 's/.*0x0000:  ..\(..\).*/\1/p' /tmp/capture.txt | grep -v 81)"
check_equal "none counts as dropped" "$before" "$(statistic $base rx_dropped)"
check "ping when nobody looks" ping_through $link 1.1.1.1
check "disconnect" disconnect
