# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# A ping beside an upload through a modem that takes 50 Mbit/s: the upload's packets wait in fq_codel, where the ping passes
# them, and few of them in the driver.

# round_trip: the average, in microseconds.
round_trip() {
	ping -q -c 60 -i 0.05 -W 5 -I $link 1.1.1.1 | sed -n 's|^rtt.* = [^/]*/\([0-9]*\)\.\([0-9]*\)/.*|\1\2|p' | sed 's/^0*//'
}

driver_up
need "session" connect
check "the link has fq_codel" sh -c "tc qdisc show dev $link | grep -q fq_codel"
modem data uplink-rate 50000000
idle=$(round_trip)
check "idle: $idle us" test "$idle" -gt 0
transfer tcp-put $ipv4 1 500000000 >/dev/null 2>&1 &
wait_for 10 sh -c "[ \$(cat /sys/class/net/$link/statistics/tx_bytes) -gt 5000000 ]"
before=$(statistic $link tx_bytes)
loaded=$(round_trip)
check "the upload fills the modem" test $(($(statistic $link tx_bytes) - before)) -gt 6000000
check "beside the upload: $loaded us" test "$loaded" -le $((3 * idle))
echo "limit $(cat /sys/class/net/$link/queues/tx-0/byte_queue_limits/limit)"
tc -s qdisc show dev $link
ethtool -S $base | grep tx_
