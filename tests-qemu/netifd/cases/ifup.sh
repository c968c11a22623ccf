# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# During a pause the interface is on its way and says why it is not up; somebody who says ifdown and ifup need not wait for its
# end.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'modem'
	option proto 'mhi'
END
values modem IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
plan modem "failed session-refused for a reason;exit 8" up
mkdir -p /var/run/rmnet-mhi
start_netifd
eventually 30 has_lines /var/run/rmnet-mhi/modem.failures 1 || fail "the failure is not counted"
state modem pending # in the pause

forgotten() {
	[ ! -e /var/run/rmnet-mhi/modem.failures ]
}

# It has failed so often that the next pause is the longest.
interface_down modem
state modem down
eventually 30 forgotten || fail "ifdown leaves failures behind"
echo 5 >/var/run/rmnet-mhi/modem.failures
interface_up modem
state modem pending
/busybox sleep 2
is "starts during the pause" 1 sh -c 'wc -l </tmp/mhictl.modem.starts'
is "state during the pause" pending state_of modem
error modem CALL_FAILED
interface_down modem
state modem down
interface_up modem
state modem up
error modem ''
