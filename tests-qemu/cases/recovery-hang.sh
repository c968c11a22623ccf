# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 400
# A modem that hangs under traffic: its registers can be read, and nothing moves, whatever it is told, until its processors are reset. The
# driver finds out by itself, and has it up again.

up_with_session
check "traffic" under_traffic
load=$!
check "the modem hangs" modem stall
before=$(uptime_seconds)
check "the driver finds out" wait_for 30 dmesg_has 'has taken no packet for 5 s: restarting its data channels'
# Two resets and a start of channels that the MHI core waits 20 seconds for each, a pause of ten, and another start: 92 seconds.
check "restarts do not help" wait_for 100 dmesg_has 'the modem does not start its data channels'
check "carrier is off" wait_for 5 sh -c "[ \$(cat /sys/class/net/$base/carrier) = 0 ]"
check "nor does a reset of its interface" wait_for 20 dmesg_has 'firmware is dead: resetting its interface'
recovers 150
check_equal "a reset of its processors does" "1 1 0" \
	"$(counter $base modem_resets_interface) $(counter $base modem_resets_soc) $(counter $base modem_resets_function)"
pass "up after $(($(uptime_seconds) - before)) seconds"
kill $load
check "disconnect" disconnect
check "the driver goes" driver_unload
