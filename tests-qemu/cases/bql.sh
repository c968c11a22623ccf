# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# smp: 2
# Byte queue limits: what a link has given to the driver stays bounded while the modem is slow, and all of it is accounted for
# again whatever happens to modem, link and mux id. A mistake shows as a warning of the kernel's, or as a queue that stands.

# A link that is made anew gets what was on its way to connections of the one before: their resets leave by the default route.
expected_faults=ul_mixed_up

# limits LINK FILE
limits() {
	cat "/sys/class/net/$1/queues/tx-0/byte_queue_limits/$2"
}

# empty LINK: nothing of it is on its way.
empty() {
	[ "$(limits "$1" inflight)" = 0 ]
}

# load LINK [ACTION ARGUMENTS...]: an upload in the background, more than the modem takes; its process is $loader.
load() {
	local link=$1
	shift
	[ $# -gt 0 ] || set -- tcp-put $ipv4 9 1000000000 --flows 4
	transfer "$@" >/dev/null 2>&1 &
	loader=$!
	wait_for 10 refused empty $link
}

unload() {
	killall traffic
	wait $loader
} 2>/dev/null

sent() {
	[ "$(statistic "$1" tx_packets)" -ge "$2" ]
}

# goes_on LINK: more packets leave than the driver has buffers for.
goes_on() {
	wait_for 20 sent "$1" $(($(statistic "$1" tx_packets) + 2000))
}

crashed() {
	dmesg | grep -q "firmware crashed"
}

driver_up
need "session" connect
need "second session" extra_link 2
other=$base.2
check "upload" transfer tcp-put $ipv4 1 5000000
check "nothing is on its way after it" wait_for 5 empty $link
check "packets of one byte more than nothing" transfer udp-put $ipv4 2 2000 16 2000
check "nor after those" wait_for 5 empty $link

# The driver's buffers hold half a megabyte: 64 transfers of 8 KB each.
modem data uplink-rate 20000000
check "an upload begins" load $link
usleep 4000000 # the limit follows within a second or two
lacking=$(counter $base tx_queue_stopped)
most=0
for _ in $(seq 60); do
	now=$(limits $link inflight)
	[ "$now" -le $most ] || most=$now
	usleep 50000
done
if [ "${PATIENCE:-1}" = 1 ]; then
	check "a slow modem keeps $most bytes waiting, limit $(limits $link limit)" test $most -gt 0 -a $most -lt 262144
	check_equal "no buffer was lacking" $lacking "$(counter $base tx_queue_stopped)"
else
	skip "a slow modem keeps few bytes waiting: this kernel is slower than that"
fi
check "the rest waits in the queueing discipline" wait_for 10 sh -c "tc -s qdisc show dev $link | grep -q 'backlog [1-9]'"
modem data uplink-rate off
unload
check "nothing is on its way after that, either" wait_for 10 empty $link

# Nobody answers there; datagrams do without.
check "datagrams begin" load $link udp-put $ipv4 9 10000000 1200 0 --segment 20
check "mux id changes under load" ip link set $link type rmnet mux_id 140
check "it goes on" goes_on $link
check "back again" ip link set $link type rmnet mux_id 129
check "it goes on again" goes_on $link
unload
check "nothing is on its way after the changes" wait_for 5 empty $link

for round in 1 2 3; do
	check "an upload begins before down and up $round" load $other
	check "down and up under load $round" sh -c "ip link set $other down && ip link set $other up"
	check "it goes on after that $round" goes_on $other
	unload
	check "nothing of it counts $round" wait_for 5 empty $other
done
for round in 1 2 3; do
	check "an upload begins before deletion $round" load $other
	check "deleted under load $round" ip link del $other
	check "made again under its mux id $round" extra_link 2
	check "nothing of the old one counts $round" wait_for 5 empty $other
	unload
done
check "an upload begins" load $other
check "the new one goes on" goes_on $other

modem data uplink-rate 1000000
check "the modem is slow" wait_for 5 refused empty $other
modem sys_err
check "crash is noticed" wait_for 20 crashed
modem data uplink-rate off # else what was sent since the modem is back takes its time
unload
check "nothing is on its way after the crash" wait_for 10 empty $other
check "the modem is back" wait_for 60 ports_are_there
check "link 1 is empty" wait_for 5 empty $link
check "link 1 goes on after the crash" wait_for 60 ping_through $link 1.1.1.1
check "the session of link 2, which was stopped, is opened again" modem data session up 130
check "link 2 goes on" wait_for 20 ping_through $other 1.1.1.2
check "lost packets are counted" test "$(counter $base tx_lost_packets)" -gt 0
check "on the link, too" test "$(statistic $other tx_errors)" -gt 0
