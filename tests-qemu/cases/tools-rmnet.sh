# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 120
# iproute2's kind rmnet on a link that carries traffic, made, shown, changed, deleted; and what ethtool asks of base and link.

# shown TEXT...: `ip -d -s link show` has all of these.
shown() {
	local text
	ip -d -s link show $link >/tmp/shown
	cat /tmp/shown
	for text; do
		grep -qF -- "$text" /tmp/shown || {
			echo "not shown: $text"
			return 1
		}
	done
}

# answers OPTION TEXT INTERFACE: ethtool knows that of the interface.
answers() {
	ethtool ${1:+"$1"} "$3" >/tmp/answer 2>&1 || return
	cat /tmp/answer
	grep -qE -- "$2" /tmp/answer
}

driver_up
# What a router says to solicitations would be counted, too.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
need "format" modem data format v1 32 32768 11 8192
need "base is up" ip link set $base up
need "link" extra_link 2
link=$base.2
ip route replace default dev $link
check "ping" ping_through $link 1.1.1.1 5
check "kind, mux id and limits are shown" shown "$link@$base:" "rmnet mux_id 130" "maxmtu 65520" "POINTOPOINT,NOARP"
check_equal "packets are counted" 5 "$(ip -s -o link show $link | sed 's/.*RX: *bytes[^\\]*\\ *[0-9]* *\([0-9]*\) .*/\1/')"

check "another mux id" ip link set $link type rmnet mux_id 140
need "a session for it" modem data session up 140
ip addr flush dev $link
ip addr add 10.64.140.2/32 dev $link
ip route replace default dev $link
check "it is shown" shown "rmnet mux_id 140"
check "ping with it" ping_through $link 1.1.1.1
check "an impossible one is refused" refused ip link set $link type rmnet mux_id 255
check "and changes nothing" shown "rmnet mux_id 140"
check "the name is changed" sh -c "ip link set $link down && ip link set $link name uplink && ip link set uplink up"
link=uplink
ip route replace default dev $link
check "ping with it by that name" ping_through $link 1.1.1.1

check "driver of the base" answers -i '^driver: ' $base
check "driver of the link" answers -i '^driver: ' $link
check "link of the base" answers '' 'Link detected: yes' $base
check "link of the link" answers '' 'Link detected: yes' $link
check "features of the link" answers -k 'rx-checksumming: on' $link
check "ring of the base" answers -g '^RX:' $base
check "aggregation of the base" answers -c 'tx-aggr-max-frames' $base
check "counters of the base" answers -S 'rx_transfers: [1-9]' $base
check "a request without an answer fails" refused ethtool -a $link

check "the link is deleted" ip link del $link
check "and gone" refused ip link show $link
check "made anew" ip link add link $base name $link type rmnet mux_id 140
check "the driver goes with it" driver_unload
