# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 600
# A session and what befalls it: the network goes, is a foreign one, wants another MTU; the SIM is pulled out, or locks itself;
# the modem falls silent, or restarts. Each is told of, the session comes back by itself, and waiting costs nothing.

driver_up
need "session" connect --ip 4+6 --pin 1234 --roaming forbidden
check "up" wait_for 10 said 1 connected
index=$(cat /sys/class/net/$link/ifindex)
ups=1 downs=0

# lost SECONDS NAME TEXT: the session goes, for this reason.
lost() {
	downs=$((downs + 1))
	check "$2: lost" wait_for "$1" said $downs disconnected
	check "$2: said" sh -c "grep '^disconnected: ' /tmp/mhictl.log | tail -n 1 | grep -- '$3'"
	[ "$2" = restart ] || check "$2: addresses are gone" wait_for 5 refused has_address $link # a restarted modem may be back before one looks
	check "$2: the link stays" test -e /sys/class/net/$link
}

# back SECONDS NAME: it comes back, and carries traffic.
back() {
	ups=$((ups + 1))
	check "$2: back" wait_for "$1" said $ups connected || tail /tmp/mhictl.log
	check "$2: ping" ping_through $link 1.1.1.1
	check "$2: ping IPv6" ping_through $link 2606:4700:4700::1111
}

# ticks: of 10 ms, that it has computed for.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$session/stat"
}

# idles: it computes for a tenth of ten seconds at most.
idles() {
	local before
	before=$(ticks)
	sleep 10
	echo "$(($(ticks) - before)) of 1000 ticks"
	[ $(($(ticks) - before)) -lt 100 ]
}

check "up: it waits without computing" idles
modem qmi registration searching
lost 20 "no network" "the network released the session"
check "no network: waits for it" wait_for 30 grep '^registration: searching' /tmp/mhictl.log
check "no network: without computing" idles
modem qmi registration home
back 20 "no network"

modem qmi registration roaming
lost 20 "abroad" "registered abroad"
modem qmi registration home
back 40 "abroad"

modem qmi sim absent
lost 20 "SIM pulled" "SIM card event"
check "SIM pulled: named" wait_for 60 grep '^sim: absent' /tmp/mhictl.log
check "SIM pulled: tried again" wait_for 5 sh -c "tail -n 1 /tmp/mhictl.log | grep '^retry: in .*: no SIM card'"
modem qmi sim ready
back 90 "SIM pulled"

modem qmi sim locked
lost 20 "SIM locked" "SIM card event"
back 90 "SIM locked"

modem qmi mtu 1430
check "MTU: taken over" wait_for 10 grep -x 1430 /sys/class/net/$link/mtu
check "MTU: without a break" refused said $((downs + 1)) disconnected
modem qmi address-change
check "addresses: ping IPv6 from the new one" wait_for 10 ping_through $link 2606:4700:4700::1111 1
check_equal "addresses: one of each family" 2 "$(ip -o addr show dev $link scope global | wc -l)"
check "addresses: without a break" refused said $((downs + 1)) disconnected

# default_route FAMILY: there is one through the link.
default_route() {
	ip "$1" route show default | grep "dev $link .*metric 700"
}

# whole NAME: what somebody did to link or base is undone, and the session stays.
whole() {
	check "$1: default route" wait_for 40 default_route -4
	check "$1: that of IPv6" wait_for 10 default_route -6
	check "$1: ping" wait_for 40 ping_through $link 1.1.1.1 1
	check "$1: ping IPv6" ping_through $link 2606:4700:4700::1111
	check "$1: without a break" refused said $((downs + 1)) disconnected
}

ip link set $link down
whole "link down"
ip link set $link down
ip link set $link up
whole "link down for a moment"
ip link set $base down
whole "base down"
check_equal "those that stay down are told of" 2 "$(grep -c 'has taken .* down: up again' /tmp/mhictl.log)"

modem qmi silent on
lost 90 "silence" "answer\|the port is gone"
modem qmi silent off
back 150 "silence"

mhictl at AT+CFUN=1,1
lost 30 "restart" "restarted\|the port is gone"
back 60 "restart"
check_equal "on one link all the time" "$index" "$(cat /sys/class/net/$link/ifindex)"

ip link del $link
downs=$((downs + 1))
check "removed: lost" wait_for 40 said $downs disconnected
check "removed: said" grep "^disconnected: somebody has removed $link" /tmp/mhictl.log
back 60 "removed"

function=$(pci)
echo "$function" >/sys/bus/pci/drivers/mhi_net/unbind
downs=$((downs + 1))
check "away: lost" wait_for 20 said $downs disconnected
check "away: without computing" idles
echo "$function" >/sys/bus/pci/drivers/mhi_net/bind
back 60 "away"

check "disconnect" disconnect
check "the link is gone" test ! -e /sys/class/net/$link
check_equal "nothing is left" "0 0" "$(clients) $(calls)"
