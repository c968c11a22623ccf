# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 600
# What takes its time to be found out: the modem's firmware does not answer, or needs a minute.

fault "M0 is never told" 70 log:'up without data channels' crash lose-event state
fault "mission mode is never told" 70 log:'does not come up: resetting' crash lose-event environment
fault "a command is never answered" 30 log:'did not|timed? ?out|Failed' port lose-event command
fault "a command's doorbell is ignored" 30 log:'did not|timed? ?out|Failed' port deaf command

# A reset that takes a minute: the MHI core gives up on it after 20 seconds.
slow_reset() {
	modem sys_err
	wait_for 100 dmesg_says 'exit MHI Reset|clear MHI Reset'
	wait_for 120 state_is up
	modem reset-delay 50
}
dmesg_says() {
	dmesg | grep -qE "$1"
}
fault "a reset takes a minute" 60 counter:modem_crashes slow_reset reset-delay 60000

faults_begin
run_faults
