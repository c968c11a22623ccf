# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# Registers that read as all ones, or as other nonsense, one at a time: while the modem is up, and while it comes up after a crash.

# Who looks after the modem sees these at once.
for register in BHIOFF CHDBOFF ERDBOFF EXECENV; do
	fault "$register reads ones" 15 state:unreachable nothing read-as $register 0xffffffff
	fault "$register reads ones after a crash" 15 state:unreachable crash read-as $register 0xffffffff
done
fault "MHISTATUS reads ones" 20 log:'firmware is dead' nothing read-as MHISTATUS 0xffffffff
fault "MHISTATUS reads ones after a crash" 40 counter:modem_crashes crash read-as MHISTATUS 0xffffffff
fault "MHICTRL reads ones" 15 nothing flood read-as MHICTRL 0xffffffff
# Nobody needs these to be true: the modem comes up all the same.
for register in MHIREGLEN MHIVER MHICFG BHIEOFF DEBUGOFF BHI_VERSION_MINOR BHI_VERSION_MAJOR INTVEC SERIALNU SOC_HW_VERSION; do
	fault "$register reads ones" 20 counter:modem_crashes crash read-as $register 0xffffffff
done
# Not ones, and as wrong.
fault "EXECENV says a number that does not exist" 20 log:'firmware is dead' nothing read-as EXECENV 77
fault "EXECENV says primary boot loader" 20 log:'firmware is dead' nothing read-as EXECENV 0
fault "BHIOFF at the end of the BAR" 15 state:unreachable nothing read-as BHIOFF 0xffc
fault "CHDBOFF in the middle of a word" 30 log:'cannot be reached: resetting' crash read-as CHDBOFF 0x302

faults_begin
run_faults
