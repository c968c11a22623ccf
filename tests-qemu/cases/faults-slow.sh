# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 1200
# What takes its time to be found out: the modem's firmware does not answer, or needs a minute.

fault "M0 is never told" 70 log:'up without data channels' crash lose-event state
fault "mission mode is never told" 40 log:'firmware is dead: resetting' crash lose-event environment
fault "a command is never answered" 30 log:'did not|timed? ?out|Failed' port_and_crash lose-event command
fault "a command's doorbell is ignored" 30 log:'did not|timed? ?out|Failed' port_and_crash deaf command
# Registers that the MHI core alone looks at: it waits, or gives up and tells nobody.
fault "MHICTRL reads ones after a crash" 150 log:'MHI Reset|: resetting' crash read-as MHICTRL 0xffffffff
fault "CHDBOFF beyond what the doorbells need" 90 log:'CHDB offset.*out of range' crash read-as CHDBOFF 0xd00
fault "ERDBOFF at the end of the BAR" 90 log:'ERDB offset.*out of range' crash read-as ERDBOFF 0xffc

# A reset that takes a minute: the MHI core gives up on it after 20 seconds.
slow_reset() {
	modem sys_err
	wait_for 100 dmesg_says 'exit MHI Reset|clear MHI Reset' && wait_for 120 state_is up
	modem reset-delay 50
}
dmesg_says() {
	dmesg | grep -qE "$1"
}
fault "a reset takes a minute" 60 counter:modem_crashes slow_reset reset-delay 60000

faults_begin
run_faults
