# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# mhictl dies: the interface is taken down in order and begins anew after a pause.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'modem'
	option proto 'mhi'
END
values modem IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan modem up up
start_netifd
state modem up
tell modem die
error modem MHICTL_FAILED
real && ip link del rmnet_mhi0_1
state modem up
is "starts" 2 sh -c 'wc -l </tmp/mhictl.modem.arguments'
