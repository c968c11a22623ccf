# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
# smp: 2
# Links come and go while a neighbour carries traffic; then the module goes while traffic runs.

driver_up
need "session" connect
check "neighbour's traffic runs" true
transfer tcp-get $ipv4 1 30000000 >/tmp/transfer.log 2>&1 &
running=$!

churn() {
	for mux in 200 201 202; do
		ip link add link $base name "churn$mux" type rmnet mux_id $mux && ip link set "churn$mux" up || return
	done
	for mux in 201 200 202; do
		ip link del "churn$mux" || return
	done
}
for round in $(seq 10); do
	check "add and delete $round" churn || break
done
check "the transfer goes on" wait_for_process $running
cat /tmp/transfer.log
