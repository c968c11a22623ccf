# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 1200
# What takes its time to be found out: the modem's firmware does not answer, or needs a minute.

fault "M0 is never told" 70 log:'up without data channels' crash lose-event state
fault "mission mode is never told" 40 log:'firmware is dead: resetting' crash lose-event environment
fault "a command is never answered" 30 log:'Failed to send|Failed to receive' port_and_crash lose-event command
fault "a command's doorbell is ignored" 30 log:'Failed to send|Failed to receive' port_and_crash deaf command
# Registers that the MHI core alone looks at: it waits, or gives up and tells nobody.
fault "MHICTRL reads ones after a crash" 150 log:'MHI Reset|: resetting' crash read-as MHICTRL 0xffffffff
fault "CHDBOFF beyond what the doorbells need" 90 log:'CHDB offset.*out of range' crash read-as CHDBOFF 0xd00
fault "ERDBOFF at the end of the BAR" 90 log:'ERDB offset.*out of range' crash read-as ERDBOFF 0xffc

# The MHI core gives up on such a reset after 20 seconds, and the driver resets the modem once more before it is through.
slow_reset() {
	modem sys_err
	wait_for 150 gave_up && wait_for 150 state_is up
	modem reset-delay 50
}
gave_up() {
	said_since "$name" 'exit MHI Reset|clear MHI Reset'
}
fault "each reset takes a minute" 150 counter:modem_crashes slow_reset reset-delay 60000

faults_begin
run_faults
