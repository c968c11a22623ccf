# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# modem: --replug
# timeout: 300
# A modem whose power is cut while it sleeps (D3cold), by itself or with the machine; one that does not say that it sleeps, or is awake
# again; one that is out of reach when the machine goes to sleep: found out, started anew, and mhictl has its session back, on the same
# interfaces unless the modem was plugged in anew.

machine_sleeps freeze

found_out_again() {
	ping -c 1 -W 1 $ipv4
	[ "$(dmesg | grep -c "does not wake up (error -")" -ge 2 ]
}

# loses NAME COMMAND...: the modem's next word of its state gets lost, and the command brings that about: one crash, from which it is back.
loses() {
	local name=$1 crashes lost
	shift
	crashes=$(counter $base modem_crashes) lost=$(figure_of lose-event)
	check "$name: ordered" modem lose-event state
	check "$name" "$@"
	check "$name: a crash" wait_for 30 crashed_beyond $crashes
	recovers 60
	check_equal "$name: its word was lost" $((lost + 1)) "$(figure_of lose-event)"
	check_equal "$name: one crash" $((crashes + 1)) "$(counter $base modem_crashes)"
}

wake() {
	ping -c 1 -W 1 -I $link $ipv4
	true
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

# Asked to sleep, it does, and does not say so, for which the MHI core waits for 20 seconds: the driver stops it.
check "it stays awake" power control on
loses "the machine sleeps without its word" sleep_machine freeze 30
loses "it sleeps alone without its word" power control auto
# Asked to wake up, it does, and does not say so.
check "it sleeps" wait_for 30 power_is suspended
loses "it wakes up without its word" wake
check "it stays awake now" power control on

# The slot of one out of reach is switched off when the machine wakes, by the kernel.
modem drop
check "the dead link is found out" wait_for 30 state_is unreachable
check "the machine sleeps without it" sleep_machine freeze 3
check "it is gone" wait_for 30 unplugged
check "the modem waits" wait_for 20 listens 2
modem restore
check "plug in" wait_for 20 plugged
check "it is up" wait_for 60 state_is up
check "its session is back, too" wait_for 60 ping_through $link $ipv4 1
check "disconnect" disconnect
check "the driver goes" driver_unload
