# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 240
# The machine sleeps without being switched off (s2idle): the modem sleeps in M3 meanwhile, and its session goes on.

machine_sleeps freeze

driver_up
quiet_session
for round in 1 2 3; do
	before=$(figure_of sleeps)
	check "sleep $round" sleep_machine freeze 3
	check_equal "the modem slept, too, $round" $((before + 1)) "$(figure_of sleeps)"
	check "the session goes on $round" wait_for 10 ping_through $link $ipv4 1
done
check_equal "each time in M3" 3 "$(figure_of m3)"
check_equal "without a restart" 0 "$(counter $base modem_crashes)"
check "a transfer after it" transfer tcp-get $ipv4 1 3000000

# One that sleeps already is found as it should be after it.
check "it may sleep by itself" power control auto
check "it does" wait_for 15 power_is suspended
check "the machine does" sleep_machine freeze 3
check "the session goes on" wait_for 10 ping_through $link $ipv4 1
check_equal "without a restart" 0 "$(counter $base modem_crashes)"

# It may wake the machine, if the user lets it.
check "it may wake the machine" power wakeup enabled
# The answer may be lost while tasks freeze; the modem sends by itself.
timeout 15 sh -c 'exec 3<>/dev/virtio-ports/modem; echo "data blast 129 100 20000 1000" >&3; read -r _ <&3' &
check "the machine sleeps under a download" sleep_machine freeze 5
skip "the modem wakes the machine: no message says so from an emulated one (PME), and Linux looks for its wish while awake only"
check "the session goes on after it" wait_for 20 ping_through $link $ipv4 1
wait
check_equal "on the same interfaces" "$indexes" "$(interface_indexes)"
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"
check "the driver goes" driver_unload
