# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# TCP packets are merged before the stack sees them where the modem vouches for their checksums and `rx-gro-hw` is on; every byte
# is the same, also of packets that are forwarded and cut again.
#
#   modem - rmnet_mhi0.1, the router, lan0 - eth0, a machine on the LAN with the session's address

# download NAME MERGED: both families, one and eight flows; MERGED is yes or no.
download() {
	local name=$1 before
	before=$(counter $base rx_merged)
	check "$name: TCP" transfer tcp-get $ipv4 1 5000000
	check "$name: TCP over IPv6" transfer tcp-get $ipv6 2 5000000
	check "$name: eight flows" transfer tcp-get $ipv4 3 1000000 --flows 8
	check "$name: both ways at once" transfer tcp-echo $ipv4 4 2000000
	if [ "$2" = yes ]; then
		check "$name: merged" test "$(counter $base rx_merged)" -gt $((before + 1000))
	else
		check_equal "$name: nothing merged" "$before" "$(counter $base rx_merged)"
	fi
}

lan_up() {
	local address
	address=$(ip -4 -o addr show dev $link | awk '{ print $4 }')
	ip netns add lan &&
		ip link add lan0 type veth peer name eth0 netns lan &&
		ip addr flush dev $link &&
		ip addr add 192.168.7.1/24 dev lan0 &&
		ip link set lan0 up &&
		ip route add "${address%/*}" dev lan0 &&
		ip route replace default dev $link &&
		ip netns exec lan ip addr add "${address%/*}/32" dev eth0 &&
		ip netns exec lan ip link set eth0 up &&
		ip netns exec lan ip route add 192.168.7.1 dev eth0 &&
		ip netns exec lan ip route add default via 192.168.7.1 &&
		echo 1 >/proc/sys/net/ipv4/ip_forward
}

# forwarded ARGUMENTS...: a transfer of the machine on the LAN.
forwarded() {
	ip netns exec lan traffic "$@" --bind-device eth0
}

driver_up
for version in v1 v4 v5; do
	need "$version: session" connect --ip 4+6 --qmap $version
	case $version in
	v1) download $version no ;;
	*) download $version yes ;;
	esac
	[ $version = v5 ] || check "$version: disconnect" disconnect
done
check "rx-gro-hw off" ethtool -K $link rx-gro-hw off
download "off" no
check "rx-gro-hw on" ethtool -K $link rx-gro-hw on
check "gro off" ethtool -K $link gro off
download "without the stack's GRO" yes
check "gro on, rx off" ethtool -K $link gro on rx off
download "checksums not trusted" no
check "rx on" ethtool -K $link rx on rx-gro-hw on
download "on again" yes
if modprobe veth; then
	need "a LAN" lan_up
	for features in "tso on gso on" "tso off gso off" "tso off gso off tx off sg off"; do
		# shellcheck disable=SC2086 # words
		check "LAN with $features" ethtool -K lan0 $features
		before=$(counter $base rx_merged)
		check "forwarded down" forwarded tcp-get $ipv4 5001 7 5000000
		check "merged" test "$(counter $base rx_merged)" -gt $((before + 500))
		check "forwarded up" forwarded tcp-put $ipv4 5002 8 5000000
		check "eight flows" forwarded tcp-get $ipv4 5001 9 500000 --flows 8
	done
else
	skip "forwarding: the kernel has no veth"
fi
check "disconnect" disconnect
