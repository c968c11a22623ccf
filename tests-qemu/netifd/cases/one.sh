# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# One interface with IPv4 and IPv6: up, changed, lost in a crash and back, down, up again.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<END
config interface 'modem'
	option proto 'mhi'
	option apn 'internet'
END
values modem IP4_ADDRESS=10.64.129.2 IP4_PREFIX=28 IP4_GATEWAY=10.64.129.3 'IP4_DNS=1.1.1.1 8.8.8.8' \
	IP6_ADDRESS=2001:db8:1:2::5 IP6_PREFIX=64 IP6_GATEWAY=2001:db8:1:2::1 'IP6_DNS=2001:db8::53'
plan modem up
start_netifd
state modem up
expect modem <<END
$(connects modem 0000:01:00.0 129 4+6 allowed --apn internet)
$(has modem rmnet_mhi0_1 0000:01:00.0 129 '"ipaddr": [ { "ipaddr": "10.64.129.2", "mask": "28" } ], "ip6addr": [ { "ipaddr": "2001:db8:1:2::5", "mask": "128" } ], "routes": [ { "target": "10.64.129.3", "netmask": "32" }, { "target": "0.0.0.0", "netmask": "0", "gateway": "10.64.129.3" } ], "routes6": [ { "target": "::0", "netmask": "0", "source": "2001:db8:1:2::5\/64" } ], "ip6prefix": [ "2001:db8:1:2::5\/64" ], "dns": [ "1.1.1.1", "8.8.8.8", "2001:db8::53" ]')
END
real && {
	index=$(cat /sys/class/net/rmnet_mhi0_1/ifindex)
	is "IPv4 address" "10.64.129.2/28" address -4
	is "IPv6 address" "2001:db8:1:2::5/128" address -6
	is "default route" "default via 10.64.129.3 dev rmnet_mhi0_1 proto static" routes -4 default
	is "IPv6 default route" "default from 2001:db8:1:2::/64 dev rmnet_mhi0_1 proto static metric 1024 pref medium" \
		routes -6 default
	is "name servers" "1.1.1.1 8.8.8.8 2001:db8::53" servers
}

# The network gives other addresses; what is no longer named goes.
values modem IP4_ADDRESS=10.99.0.77 IP4_PREFIX=32 IP4_GATEWAY=10.99.0.1 IP4_DNS=9.9.9.9
tell modem change
changed=$(has modem rmnet_mhi0_1 0000:01:00.0 129 '"ipaddr": [ { "ipaddr": "10.99.0.77", "mask": "32" } ], "routes": [ { "target": "10.99.0.1", "netmask": "32" }, { "target": "0.0.0.0", "netmask": "0", "gateway": "10.99.0.1" } ], "dns": [ "9.9.9.9" ]')
expect modem <<END
$changed
END
state modem up
real && {
	is "IPv4 address, changed" "10.99.0.77/32" address -4
	is "IPv6 address, gone" "" address -6
	is "default route, changed" "default via 10.99.0.1 dev rmnet_mhi0_1 proto static" routes -4 default
	is "name servers, changed" "9.9.9.9" servers
}

# The modem crashes: netifd knows the connection is lost, mhictl and the link stay, and it comes back on the same link.
before=$(cat /tmp/mhictl.modem.pid)
tell modem down
expect modem <<END
$(lost modem)
END
state modem pending
real && {
	is "IPv4 address, lost" "" address -4
	is "name servers, lost" "" servers
}
tell modem up
expect modem <<END
$changed
END
state modem up
is "process" "$before" cat /tmp/mhictl.modem.pid
real && {
	is "ifindex" "$index" cat /sys/class/net/rmnet_mhi0_1/ifindex
	is "IPv4 address, back" "10.99.0.77/32" address -4
}

# ifdown ends mhictl, which says goodbye; ifup begins anew, at once.
plan modem up
interface_down modem
state modem down
expect modem <<END
$(killed modem)
$(lost modem)
END
eventually 30 stopped modem || fail "mhictl still runs"
interface_up modem
expect modem <<END
$(connects modem 0000:01:00.0 129 4+6 allowed --apn internet)
$changed
END
state modem up
