# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: tools
# timeout: 200
# iperf3 as Debian has it, both ways, TCP and UDP, against iperf3 on another link of the same modem.

peers_up

# iperf ARGUMENTS...: what the receiving end says that it has had, in bytes, must have come through the link.
iperf() {
	local received before after server
	# One for each: what becomes of one test is no matter of the next.
	on_far iperf3 --server --one-off --pidfile /run/iperf.pid --logfile /tmp/server.log &
	server=$!
	wait_for 10 sh -c 'ip netns exec far ss -Hltn | grep -q ":5201 "' || return
	before=$(($(statistic $link rx_bytes) + $(statistic $link tx_bytes)))
	timeout 40 iperf3 --client $far --time $((4 * ${PATIENCE:-1})) --json "$@" >/tmp/iperf.json || {
		tail -n 5 /tmp/iperf.json /tmp/server.log
		kill "$(tr -d '\0' </run/iperf.pid)"
		return 1
	}
	wait $server
	after=$(($(statistic $link rx_bytes) + $(statistic $link tx_bytes)))
	received=$(tr -d ' \t\n' </tmp/iperf.json | grep -o '"sum_received":{[^}]*' | grep -o '"bytes":[0-9]*' | cut -d: -f2)
	echo "iperf3 $*: $received bytes received, $((after - before)) through the link"
	[ "$received" -gt 1000000 ] && [ $((after - before)) -ge "$received" ]
}

check "TCP upward" iperf
check "TCP downward" iperf --reverse
check "TCP, four streams" iperf --parallel 4
check "TCP, both ways at once" iperf --bidir
check "UDP upward" iperf --udp --bitrate 10M
check "UDP downward" iperf --udp --bitrate 10M --reverse
modem data stats
check_equal "the modem found nothing wrong with what came" 0 "$(wrong)"
check "the driver goes" driver_unload
