# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# reboot: -boot order=n
# timeout: 150
# The machine restarts under traffic: the modem is stopped before, so that it does not write into the next kernel's memory, and that one
# finds it as it should be.

if [ "$(figure_of starts)" = 0 ]; then
	driver_up
	need "session" connect
	check "traffic" under_traffic
	complaints
	reboot -f
	sleep 60
fi
check_equal "it was stopped when the machine restarted" 0 "$(figure_of cut_off)"
driver_up
check_equal "no reset was needed" 0 "$(counter $base modem_resets_interface)"
need "session after it" connect
check "ping after it" ping_through $link $ipv4
check "disconnect" disconnect
# There is no restart after this one.
close_case
poweroff -f
sleep 60
