# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# Registers that read as all ones, or as other nonsense, one at a time: while the modem is up, and while it comes up after a crash.

# Who looks after the modem sees these at once.
for register in BHIOFF CHDBOFF ERDBOFF EXECENV; do
	fault "$register reads ones" 15 counter:modem_resets_power nothing read-as $register 0xffffffff
	fault "$register reads ones after a crash" 15 counter:modem_resets_power crash read-as $register 0xffffffff
done
fault "MHISTATUS reads ones" 20 log:'firmware is dead' nothing read-as MHISTATUS 0xffffffff
fault "MHISTATUS reads ones after a crash" 40 log:': resetting' crash read-as MHISTATUS 0xffffffff
fault "MHICTRL reads ones" 15 unread lossless read-as MHICTRL 0xffffffff
fault "MHICFG reads ones after a crash" 30 counter:modem_crashes crash_and_back read-as MHICFG 0xffffffff
# Nobody needs these to be true, nor looks at them as the modem comes up again.
others="MHIREGLEN MHIVER BHIEOFF DEBUGOFF BHI_VERSION_MINOR BHI_VERSION_MAJOR INTVEC SERIALNU SOC_HW_VERSION"
others_read_ones() {
	local register
	for register in $others; do
		modem read-as $register 0xffffffff || return
	done
}
crash_among_them() {
	others_read_ones && crash_and_back
}
fault "all others read ones after a crash" 20 unread crash_among_them read-as INTVEC 0xffffffff
# Not ones, and as wrong.
fault "EXECENV says a number that does not exist" 20 log:'firmware is dead' nothing read-as EXECENV 77
fault "EXECENV says primary boot loader" 20 log:'firmware is dead' nothing read-as EXECENV 0
fault "BHIOFF at the end of the BAR" 15 counter:modem_resets_power nothing read-as BHIOFF 0xffc
fault "CHDBOFF in the middle of a word" 30 log:'cannot be reached: resetting' crash read-as CHDBOFF 0x302

expected_faults=bad_event_ring # more rings than there are: what MHICFG reads wrong comes back with the fields that the host sets

faults_begin
run_faults
