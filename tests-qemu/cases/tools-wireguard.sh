# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: tools
# timeout: 150
#
#     10.99.0.1 wg0 -- rmnet_mhi0.2 -- the modem's network -- rmnet_mhi0.3 -- wg0 10.99.0.2
#
# WireGuard over a link, the other end on another link of the same modem.

peers_up wireguard

near_key=$(wg genkey)
far_key=$(wg genkey)
check "near end" ip link add wg0 mtu 1420 type wireguard
check "far end" ip -n far link add wg0 mtu 1420 type wireguard
echo "$near_key" >/run/near.key
echo "$far_key" >/run/far.key
check "near key and peer" wg set wg0 private-key /run/near.key listen-port 51820 \
	peer "$(echo "$far_key" | wg pubkey)" allowed-ips 10.99.0.2/32 endpoint $far:51820
check "far key and peer" on_far wg set wg0 private-key /run/far.key listen-port 51820 \
	peer "$(echo "$near_key" | wg pubkey)" allowed-ips 10.99.0.1/32
ip addr add 10.99.0.1/24 dev wg0 && ip link set wg0 up
ip -n far addr add 10.99.0.2/24 dev wg0 && ip -n far link set wg0 up

check "ping through the tunnel" ping_through wg0 10.99.0.2 10
check "a packet as long as the tunnel takes" ping -c 3 -W 5 -s 1392 -M "do" -I wg0 10.99.0.2
check "content upward" content_arrives near 10.99.0.2 2000000
check "content downward" content_arrives far 10.99.0.1 2000000
check "the peers have shaken hands" sh -c "[ \"\$(wg show wg0 latest-handshakes | cut -f2)\" -gt 0 ]"
check "the link carried it" test "$(statistic $link tx_bytes)" -gt 2000000
check_equal "the modem found nothing wrong with what came" 0 "$(wrong)"
check "the driver goes under it" driver_unload
check "the tunnel is down, and there" refused ping -c 1 -W 1 -I wg0 10.99.0.2
