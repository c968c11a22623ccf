# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 900
# Crashes (SYS_ERR) in every state that a modem can be in, on its way up, under load, asleep and on its way there and back.

expected_faults=refused_transition # the host asks one for M0 that has crashed in READY, of which it cannot know yet

# Until one comes before the modem is at work again; on a slow machine, where each order takes longer than that, two at once.
crash_again() {
	local early
	early=$(modem stats early_crashes)
	for _ in 1 2 3; do
		modem sys_err
		[ "$(modem stats early_crashes)" = "$early" ] || return 0
	done
	exec 3<>/dev/virtio-ports/modem
	printf 'sys_err\nsys_err\n' >&3
	read -r _ <&3 && read -r _ <&3
	exec 3<&-
	[ "$(modem stats early_crashes)" != "$early" ]
}

environment_is() {
	modem state | grep -q "ee=$1 "
}

# crash_in ENVIRONMENT: it crashes into a dump, which is not wanted, boots by way of that environment, and crashes there.
crash_in() {
	modem boot $1 5000
	modem rddm
	wait_for 15 environment_is $1 && modem sys_err interrupt $1
	modem boot amss 0
}

in_sbl() {
	crash_in sbl
}

in_pthru() {
	crash_in pthru
}

# Falls asleep, where it has not crashed by then, and is woken.
sleep_and_wake() {
	fall_asleep
	power control on
	flood
}

fall_asleep() {
	power control auto
	wait_for 15 power_is suspended
	true
}

asleep() {
	fall_asleep
	power_is suspended && modem state | grep -q 'state=M3 ' && modem sys_err
	power control on
}

fault "crash in the primary boot loader" 30 counter:modem_crashes nothing sys_err interrupt pbl
fault "crash in the secondary boot loader" 30 counter:modem_crashes nothing sys_err interrupt sbl
# Nobody is told of it there: the driver waits for as long as the way up may take.
fault "crash on its way up, in the secondary boot loader" 90 modem:early_crashes in_sbl
fault "crash on its way up, in pass-through" 60 modem:early_crashes in_pthru
fault "crash in mission mode, by interrupt" 20 counter:modem_crashes nothing sys_err interrupt
fault "crash in mission mode, by event" 20 counter:modem_crashes nothing sys_err event
fault "crash in mission mode, by both" 30 counter:modem_crashes nothing sys_err both
fault "crash with a dump" 20 counter:modem_crashes nothing rddm
fault "crash in READY" 60 counter:modem_crashes crash crash-at ready
fault "crash in M0, before mission mode" 60 counter:modem_crashes crash crash-at m0
fault "crash in mission mode, before channels" 60 counter:modem_crashes crash crash-at mission
fault "crash while channels start" 60 counter:modem_crashes crash crash-at start
fault "crash while a port opens" 60 counter:modem_crashes port crash-at start
fault "crash while a port closes" 60 counter:modem_crashes port crash-at stop
fault "crash in a reset" 90 counter:modem_crashes crash crash-at reset
for number in 1 2 3; do
	fault "crash under load, $number" 20 counter:modem_crashes crash_under_load
done
fault "crash in light sleep" 20 counter:modem_crashes crash m1
fault "crash while it falls asleep" 40 counter:modem_crashes sleep_and_wake crash-at m3
fault "crash in its sleep" 40 counter:modem_crashes asleep
fault "crash while it wakes" 40 counter:modem_crashes sleep_and_wake crash-at awake
fault "crash upon a crash" 30 modem:early_crashes crash_again sys_err

echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6     # solicits routers, which keeps the modem awake
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
faults_begin
run_faults
