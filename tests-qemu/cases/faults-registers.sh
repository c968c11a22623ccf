# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# Registers that read as all ones, or as other nonsense, one at a time: while the modem is up, while it comes up after a crash, while its
# memory dump is fetched, and while the driver loads.

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
others="MHIREGLEN MHIVER DEBUGOFF BHI_VERSION_MINOR BHI_VERSION_MAJOR INTVEC SERIALNU SOC_HW_VERSION"
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

# More rings than there are, since what MHICFG reads wrong comes back with the fields that the host sets; and the MHI core clears the
# dump's registers byte by byte.
expected_faults="bad_event_ring odd_register_write"

faults_begin
run_faults

# With memory for a dump: where its registers lie is read as the modem starts, what became of it when it has crashed.
dump() {
	modem rddm
}
rm $fault_table
fault "BHIEOFF reads ones" 60 log:'the modem does not start' crash read-as BHIEOFF 0xffffffff
fault "BHIEOFF near the end of the BAR" 60 log:'the modem does not start' crash read-as BHIEOFF 0xf90
fault "RXVECSTATUS reads ones" 60 log:'has not handed over its memory dump' dump read-as RXVECSTATUS 0xffffffff

faults_begin crash_dump=1
run_faults

taken() {
	[ "$(figure_of read-as)" -gt $1 ]
}

# read_at_load REGISTER: it reads ones as the driver loads; once it is true, the modem comes up.
read_at_load() {
	local before
	before=$(figure_of read-as)
	modem read-as $1 0xffffffff
	check "$1 reads ones as the driver loads" driver_load crash_dump=1
	check "$1: it is read" wait_for 15 taken $before
	usleep 2000000
	modem faults off
	check "$1: the modem is up" wait_for 60 state_is up
	check "$1: its ports are there" wait_for 90 ports_are_there
	check "$1: the driver goes" driver_unload
}

for register in BHIOFF CHDBOFF ERDBOFF EXECENV MHISTATUS MHICTRL MHICFG BHIEOFF; do
	read_at_load $register
done
