# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 200
# modem: --model rm500q
# A fatal error that the slot reports (AER): the driver keeps off the modem while the bus is reset, and has it up again.

# inject ERROR: at the root port, which reports it.
inject() {
	monitor "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"pcie_aer_inject_error port0 $1\"}}"
}

up_with_session
check "a fatal error" inject MALF_TLP
check "is reported" wait_for 10 sh -c 'dmesg | grep -q "AER:.*Fatal"'
check "the driver's handlers bring the slot back" wait_for 10 sh -c 'dmesg | grep -q "AER: device recovery successful"'
recovers 100
check_equal "one crash" 1 "$(counter $base modem_crashes)"
check "disconnect" disconnect
check "the driver goes" driver_unload
