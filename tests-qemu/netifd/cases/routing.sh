# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# What netifd makes of what it is told: metric, tables, the prefix for the LAN.
# Needs netifd itself.

modem 0000:01:00.0 wwan0 rmnet_mhi0
ip link add lan0 type dummy 2>/dev/null || ip tuntap add lan0 mode tun
config <<'END'
config interface 'lan'
	option proto 'static'
	option device 'lan0'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'
	option ip6assign '60'
	option force_link '1'
config interface 'modem'
	option proto 'mhi'
	option metric '20'
	option dns_search 'example.org'
config interface 'second'
	option proto 'mhi'
	option pdptype 'ip'
	option ip4table '100'
	option peerdns '0'
	list dns '192.0.2.53'
config interface 'kept'
	option proto 'mhi'
	option pdptype 'ipv6'
	option delegate '0'
END
values modem IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32 IP4_GATEWAY=10.9.9.9 IP6_ADDRESS=2001:db8:1:2:aa:bb:cc:dd IP6_PREFIX=64 IP6_GATEWAY=2001:db8:1:2::1 IP4_DNS=1.1.1.1
values second IP4_ADDRESS=10.2.2.2 IP4_PREFIX=30 IP4_GATEWAY=10.2.2.1 IP4_DNS=2.2.2.2
values kept IP6_ADDRESS=2001:db8:5:6::1 IP6_PREFIX=64
for interface in modem second kept; do
	plan $interface up
done
start_netifd
for interface in modem second kept; do
	state $interface up
done
is "default route" "default via 10.9.9.9 dev rmnet_mhi0_1 proto static metric 20" routes -4 default
is "IPv6 default routes" "default from 2001:db8:1:2::/64 dev rmnet_mhi0_1 proto static metric 20 pref medium
default from 2001:db8:5:6::/64 dev rmnet_mhi0_3 proto static metric 1024 pref medium" routes -6 default
is "default route of table 100" "default via 10.2.2.1 dev rmnet_mhi0_2 proto static" routes -4 default 100
is "the LAN's address" "2001:db8:1:2::1/64" address -6 lan0
is "name servers" "192.0.2.53 1.1.1.1" servers
grep -q '^search example.org' /tmp/resolv.conf.d/resolv.conf.auto || fail "no search domain"

# With the connection the prefix goes: hosts on the LAN are told to use it no more. It returns.
deprecated() {
	ip -o -6 addr show dev lan0 scope global | grep -q deprecated
}
valid() {
	! deprecated
}
tell modem down
state modem pending
eventually 30 deprecated || fail "the LAN keeps a prefix that is gone"
tell modem up
state modem up
eventually 30 valid || fail "the LAN has not got its prefix back"
is "the LAN's address, again" "2001:db8:1:2::1/64" address -6 lan0
