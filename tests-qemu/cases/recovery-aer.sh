# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 200
# modem: --model rm500q
# Errors that the slot reports (AER), fatal or not: the driver keeps off the modem while the bus is reset, and has it up again, also one
# that slept.

# inject ERROR: at the root port, which reports it.
inject() {
	monitor "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"pcie_aer_inject_error port0 $1\"}}"
}

frozen() {
	dmesg | grep -c 'AER.*\(reset\|recovery\|Fatal\)'
}

up_with_session
check "a fatal error" inject MALF_TLP
check "is reported" wait_for 10 sh -c 'dmesg | grep -q "AER:.*Fatal"'
recovers 100
