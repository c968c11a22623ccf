# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# A session that the network releases, or whose modem crashes, comes back by itself on the same interface.

driver_up
need "session" connect --ip 4+6
index=$(cat /sys/class/net/rmnet_mhi0.1/ifindex)

modem qmi network-release 129
check "release is noticed" wait_for 5 said 1 disconnected
check "release is explained" grep -q '^disconnected: the network released the session' /tmp/mhictl.log
check "address is taken back" wait_for 5 refused has_address rmnet_mhi0.1
check "session is back after the back-off" wait_for 20 said 2 connected
check "ping" ping_through $link 1.1.1.1
check "ping IPv6" ping_through $link 2606:4700:4700::1111

# default_route FAMILY: there is one through the link.
default_route() {
	ip "$1" route show default | grep "dev $link .*metric 700"
}

check "default route" default_route -4
check "default route of IPv6" default_route -6
before=$(ip -4 -o addr show dev rmnet_mhi0.1)
modem qmi address-change
check "changed address is taken over" wait_for 10 sh -c "[ \"\$(ip -4 -o addr show dev rmnet_mhi0.1)\" != '$before' ]"
check_equal "with one address only" 1 "$(ip -4 -o addr show dev rmnet_mhi0.1 | wc -l)"
check "and the default route" wait_for 5 default_route -4
check "and that of IPv6" wait_for 5 default_route -6
check "without a break" refused said 2 disconnected
check "ping from the changed address" ping_through $link 1.1.1.1

modem sys_err
check "crash is noticed" wait_for 20 said 2 disconnected
check "session is back after the crash" wait_for 60 said 3 connected
check_equal "on the same link" "$index" "$(cat /sys/class/net/rmnet_mhi0.1/ifindex)"
check "ping after the crash" ping_through $link 1.1.1.1
check "status after the crash" sh -c 'mhictl status | grep -q "session *rmnet_mhi0.1 up"'

modem qmi silent on
check "SIGTERM ends it although the modem is silent" disconnect
modem qmi silent off
check "link is gone" test ! -e /sys/class/net/rmnet_mhi0.1
