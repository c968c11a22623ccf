# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# alone: yes
# A ping beside an upload through a modem that takes 50 Mbit/s. The upload's packets wait in fq_codel, where the ping passes them, and
# few of them in the driver: there, with byte queue limits out of effect, the ping waits three times as long and more. How long it waits
# compared to an idle link says something on an idle machine alone: the limit follows what completes at a time, and that is much
# where the guest's processor, or the modem, waits for others. So the best of three counts.

# round_trip: the average, in microseconds.
round_trip() {
	ping -q -c 40 -i 0.05 -W 5 -I $link 1.1.1.1 | sed -n 's|^rtt.* = [^/]*/\([0-9]*\)\.\([0-9]*\)/.*|\1\2|p' | sed 's/^0*//'
}

driver_up
need "session" connect
limits=/sys/class/net/$link/queues/tx-0/byte_queue_limits
check "the link has fq_codel" sh -c "tc qdisc show dev $link | grep -q fq_codel"
modem data uplink-rate 50000000
idle=$(round_trip)
check "idle: $idle us" test "$idle" -gt 0
if [ "$idle" -gt 8000 ]; then
	skip "beside an upload: this machine is too busy to tell"
	leave
fi
transfer tcp-put $ipv4 1 500000000 --flows 4 >/dev/null 2>&1 &
wait_for 10 sh -c "[ \$(cat /sys/class/net/$link/statistics/tx_bytes) -gt 5000000 ]"
before=$(statistic $link tx_bytes)
limited=$(round_trip)
for _ in 1 2; do
	again=$(round_trip)
	[ "$again" -ge "$limited" ] || limited=$again
done
check "the upload fills the modem" test $(($(statistic $link tx_bytes) - before)) -gt 6000000
echo "limit $(cat $limits/limit)"
check "no limit below 100 MB" sh -c "echo 100000000 >$limits/limit_min"
wait_for 10 sh -c "[ \$(cat $limits/limit) -ge 100000000 ]"
unlimited=$(round_trip)
for _ in 1 2; do
	again=$(round_trip)
	[ "$again" -ge "$unlimited" ] || unlimited=$again
done
check "beside the upload: $limited us, without limits $unlimited us" test $((3 * limited)) -le "$unlimited"
tc -s qdisc show dev $link
ethtool -S $base | grep tx_
