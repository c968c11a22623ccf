# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# What tcpdump sees: IP on a link.

driver_up
need "session" connect

# captured INTERFACE FILTER: ten pings' worth of what tcpdump prints.
capture() {
	tcpdump -Z root -i "$1" -n -c 10 -w /tmp/capture.pcap $2 2>/tmp/tcpdump.log &
	wait_for 10 grep -q 'listening on' /tmp/tcpdump.log
	ping -q -c 6 -i 0.2 -W 5 -I $link 1.1.1.1
	wait $!
	cat /tmp/tcpdump.log
	tcpdump -Z root -n -r /tmp/capture.pcap >/tmp/capture.txt 2>&1
}
check "capture on the link" capture $link icmp
# Libpcap's own for devices of this kind: each packet with its protocol before it.
check "its link type has the protocol" grep -q 'link-type LINUX_SLL' /tmp/tcpdump.log
check "requests" grep -q 'IP 10.64.129.2 > 1.1.1.1: ICMP echo request' /tmp/capture.txt
check "answers" grep -q 'IP 1.1.1.1 > 10.64.129.2: ICMP echo reply' /tmp/capture.txt
