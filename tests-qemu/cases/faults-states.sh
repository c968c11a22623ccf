# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 900
# Crashes (SYS_ERR) in every state that a modem can be in, on its way up and under load.

expected_faults=refused_transition # the host asks one for M0 that has crashed in READY, of which it cannot know yet

# Until one comes before the modem is at work again.
crash_again() {
	local early
	early=$(modem stats early_crashes)
	for _ in 1 2 3 4 5; do
		modem sys_err
		[ "$(modem stats early_crashes)" = "$early" ] || return 0
	done
	return 1
}

fault "crash in the primary boot loader" 30 counter:modem_crashes nothing sys_err interrupt pbl
fault "crash in the secondary boot loader" 30 counter:modem_crashes nothing sys_err interrupt sbl
fault "crash in mission mode, by interrupt" 20 counter:modem_crashes nothing sys_err interrupt
fault "crash in mission mode, by event" 20 counter:modem_crashes nothing sys_err event
fault "crash in mission mode, by both" 30 counter:modem_crashes nothing sys_err both
fault "crash with a dump" 20 counter:modem_crashes nothing rddm
fault "crash in READY" 60 counter:modem_crashes crash crash-at ready
fault "crash in M0, before mission mode" 60 counter:modem_crashes crash crash-at m0
fault "crash in mission mode, before channels" 60 counter:modem_crashes crash crash-at mission
fault "crash while channels start" 60 counter:modem_crashes crash crash-at start
fault "crash while a port opens" 60 counter:modem_crashes port crash-at start
fault "crash in a reset" 90 counter:modem_crashes crash crash-at reset
for number in 1 2 3; do
	fault "crash under load, $number" 20 counter:modem_crashes crash_under_load
done
fault "crash in light sleep" 20 counter:modem_crashes crash m1
fault "crash upon a crash" 30 modem:early_crashes crash_again sys_err

faults_begin
run_faults
