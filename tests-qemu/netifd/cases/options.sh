# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Every option reaches mhictl, secrets by its environment, and the hook obeys those that are its own.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'modem'
	option proto 'mhi'
	option device '0000:01:00.0'
	option apn 'my apn'
	option auth 'chap'
	option username "us'er"
	option password 'pa "ss $1 `x`'
	option pincode '0123'
	option pdptype 'ipv6'
	option profile '3'
	option mux '200'
	option mtu '1428'
	option timeout '30'
	option allow_roaming '0'
	option defaultroute '0'
	option peerdns '0'
	option delegate '0'
	option sourcefilter '0'

config interface 'four'
	option proto 'mhi'
	option pdptype 'IP'
	option sourcefilter '0'
END
values modem IP6_ADDRESS=2001:db8:1:2::5 IP6_PREFIX=64 IP6_GATEWAY=fe80::1 IP6_DNS=2001:db8::53
values four IP4_ADDRESS=10.1.1.1 IP4_PREFIX=30
plan modem up
plan four up
start_netifd
state modem up
arguments modem "connect --config /dev/null --supervised --no-address --no-route --no-dns --hook /lib/netifd/mhi-hook --device 0000:01:00.0 --mux 200 --link rmnet_mhi0_72 --ip 6 --roaming forbidden --apn my apn --auth chap --user us'er --profile 3 --mtu 1428 --timeout 30"
# shellcheck disable=SC2016 # as it is
is "secrets" 'password=pa "ss $1 `x` pin=0123' cat /tmp/mhictl.modem.secrets
is "what hook is told of" 1 grep -c '"MHI_DEFAULTROUTE=0", "MHI_PEERDNS=0", "MHI_DELEGATE=0", "MHI_SOURCEFILTER=0", "MHI_PIN_GIVEN=1"' /tmp/calls.modem
sed -n 2p /tmp/calls.modem >/tmp/update
is "the update" \
	"$(has modem rmnet_mhi0_72 0000:01:00.0 200 '"ip6addr": [ { "ipaddr": "2001:db8:1:2::5", "mask": "128" } ]')" \
	cat /tmp/update
state four up
expect four <<END
$(ENVIRONMENT='MHI_DEFAULTROUTE=1 MHI_PEERDNS=1 MHI_DELEGATE=1 MHI_SOURCEFILTER=0 MHI_PIN_GIVEN=' connects four 0000:01:00.0 129 4 allowed)
$(has four rmnet_mhi0_1 0000:01:00.0 129 '"ipaddr": [ { "ipaddr": "10.1.1.1", "mask": "30" } ], "routes": [ { "target": "0.0.0.0", "netmask": "0" } ]')
END
real && is "default route without gateway" "default dev rmnet_mhi0_1 proto static scope link" routes -4 default
