# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
# The modem sleeps when nobody uses it, if the user lets it; packets from either side wake it, and none is lost.

# sleeps: falls asleep, in M3 and D3hot.
sleeps() {
	wait_for 15 power_is suspended && modem state | grep -q 'state=M3 .* d=3 '
}

received() {
	[ "$(statistic $link rx_packets)" -ge "$1" ]
}

# Pings a little before and after the two seconds after which it falls asleep.
around_the_edge() {
	local delay
	for delay in 1900000 1960000 1980000 2000000 2010000 2020000 2040000 2080000 2150000; do
		ping_through $link $ipv4 1 && usleep $delay || return
	done
	ping_through $link $ipv4 1
}

many() {
	sleeps && transfer udp-echo $ipv4 5 100 1000 1000
}

driver_up
quiet_session
check_equal "not unless the user lets it" on "$(power control)"
usleep 5000000 # twice its delay
check_equal "and so it is awake" active "$(power runtime_status)"
check_equal "and has not slept" 0 "$(figure_of sleeps)"

check "allowed" power control auto
check "it falls asleep" sleeps
check_equal "the carrier stays" 1 "$(cat /sys/class/net/$link/carrier)"
check_equal "its state is up" up "$(modem_state)"
before=$(figure_of sleeps)
usleep 9000000 # two looks of who looks after it
check "nobody wakes it to look at it" power_is suspended
check_equal "nor woke it meanwhile" $before "$(figure_of sleeps)"

# Twenty times by each side in turn; a packet that is lost is a ping that fails.
cycle=0
while [ $cycle -lt 20 ]; do
	sleeps || break
	case $((cycle % 2)) in
	0) ping_through $link $ipv4 1 || break ;;
	1)
		arrived=$(statistic $link rx_packets)
		modem data blast 129 100 3 1000 || break
		wait_for 10 received $((arrived + 3)) || break
		;;
	esac
	cycle=$((cycle + 1))
done
check_equal "cycles" 20 $cycle
check "each was a sleep" test "$(figure_of sleeps)" -ge 20
check "ten were ended by the modem" test "$(figure_of wakes)" -ge 10
for lost in tx_queue_errors tx_lost_packets tx_modem_away; do
	check_equal "no packet was lost on the way up, $lost" 0 "$(counter $base $lost)"
done
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"

# At the edge: packets that come while it falls asleep, or just has.
check "packets around the delay all arrive" around_the_edge
check "many at once, to one that sleeps" many
check "a transfer after it" transfer tcp-get $ipv4 1 3000000
before=$(figure_of sleeps)
check "busy for longer than the delay" ping -q -c 40 -i 0.1 -I $link $ipv4
check_equal "is awake for as long" $before "$(figure_of sleeps)"
check "falls asleep again" sleeps

# Not up: it does not sleep.
modem numb soc
check "a crash in its sleep is noticed" wait_for 15 refused state_is up
check "and ended" wait_for 60 state_is up
session_again
check "ping after the crash" wait_for 20 ping_through $link $ipv4 1
check_equal "on the same interfaces" "$indexes" "$(interface_indexes)"
check "falls asleep after it" sleeps
check "the driver goes while it sleeps" driver_unload
