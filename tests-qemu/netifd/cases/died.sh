# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# mhictl dies: the interface is taken down in order and begins anew after a pause.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'wwan'
	option proto 'mhi'
END
values wwan IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan wwan up up
start_netifd
state wwan up
tell wwan die
error wwan MHICTL_FAILED
real && ip link del rmnet_mhi0.1
state wwan up
is "starts" 2 sh -c 'wc -l </tmp/mhictl.wwan.arguments'
