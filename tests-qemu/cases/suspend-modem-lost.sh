# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 240
# A modem whose power is cut while it sleeps (D3cold), by itself or with the machine: found out when it wakes, started anew, and mhictl
# has its session back on the same interfaces.

machine_sleeps freeze

found_out_again() {
	ping -c 1 -W 1 $ipv4
	[ "$(dmesg | grep -c "does not wake up (error -")" -ge 2 ]
}

up_with_session
modem forget on
check "the machine sleeps" sleep_machine freeze 3
recovers 60
check "it was counted" test "$(counter $base modem_crashes)" -gt 0
check_equal "it was no reset" 0 "$(counter $base modem_resets_interface)"

check "it may sleep by itself" power control auto
check "it does" wait_for 30 power_is suspended
check "woken, it is found out" wait_for 30 found_out_again
modem forget off
recovers 60
check "disconnect" disconnect
check "the driver goes" driver_unload
