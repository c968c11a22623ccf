# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 400
# modem: --model rm500q
# Errors that the slot reports (AER). At one that is not fatal nothing is lost. At a fatal one, a second one, and one while the modem is on
# its way up again, the driver keeps off the modem while the bus is reset, and has it up again.

# What is under way when the slot takes the bus from the modem.
expected_faults="bad_command_context bad_event_context doorbell_of_closed_channel no_event_ring"
recovered=0

# error NAME ERROR SEVERITY: it is reported, and the kernel gets over it by the driver's handlers.
error() {
	local reported
	reported=$(dmesg | grep -c "AER:.*($3)")
	recovered=$((recovered + 1))
	check "$1" inject "$2"
	check "$1: is reported" wait_for 10 dmesg_count $((reported + 1)) "AER:.*($3)"
	check "$1: the slot is back" wait_for 20 dmesg_count $recovered "AER: device recovery successful"
}

up_with_session
starts=$(figure_of starts)
ping -c 100 -i 0.05 -W 10 -I $link $ipv4 >/tmp/pings &
pings=$!
error "an error that is not fatal" COMP_TIME Non-Fatal
error "another" COMP_ABORT Non-Fatal
check "pings meanwhile" wait_for_process $pings
check "none is lost" grep ' 0% packet loss' /tmp/pings
check_equal "it is no crash" 0 "$(counter $base modem_crashes)"
check_equal "the modem is not restarted" $starts "$(figure_of starts)"
check "and goes on" transfer tcp-get $ipv4 1 1000000

for number in 1 2; do
	error "fatal error $number" MALF_TLP Fatal
	recovers 100
	check_equal "crashes" $number "$(counter $base modem_crashes)"
done

check "a modem that is slow" modem reset-delay 5000
check "crashes" modem sys_err
check "and is on its way up" wait_for 10 state_is restarting
check "it is not up yet" refused state_is up
error "fatal error meanwhile" MALF_TLP Fatal
modem reset-delay 2
recovers 100
check "disconnect" disconnect
check "the driver goes" driver_unload
