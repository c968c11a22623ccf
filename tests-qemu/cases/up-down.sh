# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# Interfaces go down and up; the ports stay what they are, and traffic comes back.

driver_up
need "session" connect
check "ping" ping_through rmnet_mhi0.1 1.1.1.1
port() {
	ls -i $qmi $at
}
before=$(port)
for round in 1 2 3; do
	check "base down $round" ip link set $base down
	check_equal "ports stay $round" "$before" "$(port)"
	check "AT answers while it is down $round" mhictl at AT
	check "no ping while it is down $round" refused ping -c 1 -W 1 -I rmnet_mhi0.1 1.1.1.1
	check "base up $round" ip link set $base up
	ip link set rmnet_mhi0.1 up
	ip route replace default dev rmnet_mhi0.1
	check "ping $round" ping_through rmnet_mhi0.1 1.1.1.1
	check "link down $round" ip link set rmnet_mhi0.1 down
	check "link up $round" ip link set rmnet_mhi0.1 up
	ip route replace default dev rmnet_mhi0.1
	check "ping after link $round" ping_through rmnet_mhi0.1 1.1.1.1
done
check_equal "ports stayed" "$before" "$(port)"
