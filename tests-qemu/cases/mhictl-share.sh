# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 150
# The session's IPv6 prefix on a LAN (RFC 7278):
#
#   modem - rmnet_mhi0.1 with the address as /128, lan0 with the prefix - eth0, a machine on the LAN
#
# The machine reaches the internet; a changed prefix is exchanged; it goes with the session.

driver_up
modprobe veth || {
	skip "all of it: the kernel has no veth"
	leave
}
ip netns add lan
ip link add lan0 type veth peer name eth0 netns lan
ip link set lan0 up
ip netns exec lan ip link set eth0 up
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding

router() {
	ip -6 -o addr show dev lan0 scope global | awk '{ print $4 }'
}

# from_lan: the machine has an address of the prefix, and pings by way of the router.
from_lan() {
	local router
	router=$(router)
	router=${router%/64}
	ip netns exec lan ip -6 addr flush dev eth0 scope global
	ip netns exec lan ip -6 addr add "${router%::*}::abcd/64" dev eth0 nodad
	ip netns exec lan ip -6 route replace default via "$router"
	ip netns exec lan ping -6 -c 3 -i 0.2 -W 5 2606:4700:4700::1111
}

shares() {
	[ "$(router)" = "$1" ]
}

need "session" connect --ip 4+6 --share lan0
check "said" wait_for 10 grep '^shared: 2001:db8:81::3/64 on lan0' /tmp/mhictl.log
check_equal "the link has its address alone" 2001:db8:81::2/128 "$(ip -6 -o addr show dev $link scope global | awk '{ print $4 }')"
check "the LAN has the prefix" shares 2001:db8:81::3/64
check "the machine on the LAN pings" from_lan
check "the router does" ping_through $link 2606:4700:4700::1111
check "status names the prefix" sh -c "mhictl status --json | grep '\"network\":\"2001:db8:81::/64\"'"

modem qmi address-change
check "a changed prefix is exchanged" wait_for 10 shares 2001:db8:81:1::3/64
check "the machine pings with it" from_lan
modem qmi network-release 129
check "a session that is released takes it back" wait_for 10 shares ""
check "and brings it again" wait_for 30 shares 2001:db8:81:1::3/64
check "disconnect" disconnect
check "nothing is left on the LAN" shares ""

need "session that is killed" connect --ip 6 --share lan0
check "its prefix is on the LAN" refused shares ""
kill -KILL "$session"
wait "$session"
check "and stays there" refused shares ""
need "session after it, without a LAN" connect --ip 6
check "which takes it back" wait_for 10 shares ""
check "disconnect that one" disconnect

echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
need "session without forwarding" connect --ip 6 --share lan0
check "is warned of" wait_for 5 grep 'does not forward IPv6' /tmp/mhictl.log
check "disconnect again" disconnect
need "session for a LAN that there is not" connect --ip 6 --share nolan0
check "is warned of, too" wait_for 5 grep 'nolan0: there is no such interface' /tmp/mhictl.log
check "disconnect at last" disconnect
