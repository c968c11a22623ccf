# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 300
# The machine sleeps again and again under traffic both ways: what is on its way waits, every byte arrives, nothing restarts.

machine_sleeps freeze

driver_up
need "session" connect --ip 4+6
flow get4 tcp-get $ipv4 400000
flow put4 tcp-put $ipv4 400000
flow echo6 tcp-echo $ipv6 200000
check "transfers are under way" flows_move 30
for round in 1 2 3 4 5; do
	check "sleep $round" sleep_machine freeze 2
	check "all transfers go on $round" flows_move 30
done
check_equal "the modem slept each time" 5 "$(figure_of sleeps)"
check "what was under way has arrived" stop_flows
check_equal "nothing restarted" 0 "$(counter $base modem_crashes)"
check_equal "the modem finds nothing wrong" 0 "$(wrong)"
check_equal "nothing was malformed" 0 "$(malformed)"
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"
check "disconnect" disconnect
check "the driver goes" driver_unload
