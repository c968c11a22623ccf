# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: tools
# timeout: 240
# A link, and the base, in other network namespaces: traffic, carrier and counters there, crashes meanwhile, and whatever goes first.

# there COMMAND...: in the namespace where the link is; carried: whether it has a carrier there.
there() {
	ip netns exec far "$@"
}

carried() {
	[ "$(there cat /sys/class/net/$base.3/carrier)" = "$1" ]
}

# lost_carrier SINCE: more often than that.
lost_carrier() {
	[ "$(there cat /sys/class/net/$base.3/carrier_down_count)" -gt "$1" ]
}

reaches() {
	there ping -q -c 3 -i 0.2 -W 5 -I $base.3 1.1.1.1
}

peers_up
check "the link is gone from here" test ! -e /sys/class/net/$base.3
check "and has its carrier there" carried 1
check "it reaches the network from there" reaches
check "so does the other from here" ping_through $link 1.1.1.1
check "its mux id is shown there" sh -c "ip -n far -d link show $base.3 | grep -q 'rmnet mux_id 131'"
check "it is changed there" ip -n far link set $base.3 type rmnet mux_id 140
modem data session up 140 >/dev/null
ip -n far addr flush dev $base.3
ip -n far addr add 10.64.140.2/32 dev $base.3
ip -n far route replace default dev $base.3
check "and works with that" reaches
check "and back" ip -n far link set $base.3 type rmnet mux_id 131
ip -n far addr replace $far/32 dev $base.3
ip -n far addr del 10.64.140.2/32 dev $base.3
ip -n far route replace default dev $base.3

packets=$(there cat /sys/class/net/$base.3/statistics/rx_packets)
check "its counters went with it" test "$packets" -gt 6
losses=$(there cat /sys/class/net/$base.3/carrier_down_count)
modem sys_err event
check "a crash takes its carrier" wait_for 20 lost_carrier "$losses"
check "the modem is back" wait_for 30 state_is up
check "so is the carrier" wait_for 10 carried 1
modem data format v1 32 32768 11 8192 >/dev/null
modem data session up 131 >/dev/null
modem data session up 130 >/dev/null
check "and the traffic" wait_for 10 reaches

check "the link comes back" ip -n far link set $base.3 netns 1
check_equal "with its counters" "$packets" "$(($(statistic $base.3 rx_packets) > packets ? packets : 0))"
ip addr add $far/32 dev $base.3
ip link set $base.3 up
check "it works here" ping_through $base.3 1.1.1.1

ip netns add base
check "the base goes elsewhere" ip link set $base netns base
check "and up there" ip -n base link set $base up
check "its links do not mind" ping_through $link 1.1.1.1
check "the base comes back" ip -n base link set $base netns 1
ip link set $base up
check "the links still work" ping_through $link 1.1.1.1

check "the link goes once more" move_away $base.3 far $far
check "it works there once more" reaches
check "its namespace ends with it" ip netns del far
check "its mux id is free" wait_for 20 ip link add link $base name $base.3 type rmnet mux_id 131
ip netns add far
check "another link goes" move_away $base.3 far $far
check "and works" reaches
check "the base goes elsewhere again" ip link set $base netns base
check "the driver goes, with base and link in other namespaces" driver_unload
check_equal "nothing is left of the base" lo "$(ip netns exec base ls /sys/class/net)"
check_equal "nor of the link" lo "$(there ls /sys/class/net)"
driver_up
