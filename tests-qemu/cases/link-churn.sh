# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
# smp: 2
# Links come and go while a neighbour carries traffic; then the module goes while traffic runs.

churn() {
	for mux in 200 201 202; do
		ip link add link $base name "churn$mux" type rmnet mux_id $mux && ip link set "churn$mux" up || return
	done
	for mux in 201 200 202; do
		ip link del "churn$mux" || return
	done
}

# runs: packets arrive, more than are on their way.
runs() {
	wait_for 20 received_at_least $(($(statistic $link rx_packets) + 500))
}

driver_up
need "session" connect
flow neighbour tcp-get $ipv4 3000000
check "neighbour's traffic runs" runs
before=$(statistic $link rx_packets)
for round in $(seq 10); do
	check "add and delete $round" churn || break
done
check "the neighbour's traffic ran meanwhile" test "$(statistic $link rx_packets)" -gt $((before + 100))
check "it goes on" flows_move 60
check "all of it arrived" stop_flows

transfer tcp-get $ipv4 1 1000000000 >/dev/null 2>&1 &
running=$!
check "traffic runs" runs
check "the module goes under it" driver_unload
check "so does the link" test ! -e /sys/class/net/$link
kill $running
kill -KILL "$session"
wait
