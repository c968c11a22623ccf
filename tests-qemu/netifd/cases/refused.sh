# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# A link that netifd does not take, since its name has a dot: an error says so; with another it is up.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'modem'
	option proto 'mhi'
END
values modem LINK=rmnet_mhi0.1 IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan modem up
start_netifd
# netifd before 2026-07-17 takes it.
if real && eventually 5 in_state modem up; then
	return
fi
error modem LINK_FAILED
state modem pending
address='"ipaddr": [ { "ipaddr": "10.1.1.1", "mask": "32" } ], "routes": [ { "target": "0.0.0.0", "netmask": "0" } ]'
expect modem <<END
$(connects modem 0000:01:00.0 129 4+6 allowed)
$(has modem rmnet_mhi0.1 0000:01:00.0 129 "$address")
$(told_error modem LINK_FAILED "netifd refuses rmnet_mhi0.1")
END
values modem LINK=rmnet_mhi0_1 IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
tell modem change
state modem up
expect modem <<END
$(has modem rmnet_mhi0_1 0000:01:00.0 129 "$address")
END
error modem ''
