# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The hook where it has no business: it says so and ends, whatever mhictl then makes of it.

status=0
/lib/netifd/mhi-hook up 2>/tmp/said || status=$?
is "status without an interface" 1 echo $status
is "words" "mhi-hook: INTERFACE is not set: netifd's protocol handler sets it" cat /tmp/said

mkdir -p /tmp/netifd/modem
echo down >/tmp/netifd/modem/state
status=0
INTERFACE=modem /lib/netifd/mhi-hook nonsense 2>/tmp/said || status=$?
is "status of an unknown event" 2 echo $status
is "words" "mhi-hook: unknown event 'nonsense'" cat /tmp/said

real && {
	# No netifd to talk to: ubus says no, at once.
	start=$(date +%s)
	! INTERFACE=modem MHICTL_LINK=rmnet_mhi0_1 MHICTL_IP4_ADDRESS=10.1.1.1 /lib/netifd/mhi-hook up || fail "without netifd all is well"
	[ $(($(date +%s) - start)) -le 2 ] || fail "it waits for netifd"
}
true
