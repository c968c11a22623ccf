# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# A modem that was told to go to M0 and stays in READY: it has the rings' addresses and may begin to use them at any moment. It is reset before
# they are freed, and up once it goes where it is told.

# At once, with no other start of it in between.
reset_first() {
	[ "$(figure_of interface_resets)" -gt "$resets" ] && [ "$(figure_of hesitated)" = 1 ]
}

up_with_session
resets=$(($(figure_of interface_resets) + 1)) # one belongs to the crash
check "the modem is to stay in READY" modem hesitate on
check "it crashes" modem sys_err
check "it is found to hang there" wait_for 90 dmesg_has ': resetting its interface'
check "it is reset" wait_for 5 reset_first
modem hesitate off
recovers 60
check "disconnect" disconnect
check "the driver goes" driver_unload
