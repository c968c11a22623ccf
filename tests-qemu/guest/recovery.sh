# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# What the cases about a modem's health share. Sourced by guest.sh.

# modem_state: as the driver shows it.
modem_state() {
	cat "/sys/bus/pci/devices/$(pci)/modem_state"
}

state_is() {
	[ "$(modem_state)" = "$1" ]
}

# crashed_beyond COUNT: the driver has seen more crashes. A state may be over before anybody looks; this stays.
crashed_beyond() {
	[ "$(counter $base modem_crashes)" -gt "$1" ]
}

# dmesg_has PATTERN
dmesg_has() {
	dmesg | grep -q "$1"
}

# recovers SECONDS: the session that was connected carries packets again, on the same interfaces.
recovers() {
	check "the modem is up again" wait_for "$1" state_is up
	check "its session is back" wait_for 40 ping_through $link $ipv4 1
	check_equal "on the same interfaces" "$indexes" "$(interface_indexes)"
	check "a transfer after it" transfer tcp-get $ipv4 1 1000000
}

interface_indexes() {
	echo "$(cat /sys/class/net/$base/ifindex) $(cat /sys/class/net/$link/ifindex)"
}

# hear_uevents: what the driver tells userspace of the modem from now on, a line each in /tmp/uevents.
hear_uevents() {
	cat >/tmp/on-uevent <<-'END'
		#!/bin/dash
		[ -z "${MODEM_STATE-}" ] || echo "$MODEM_STATE" >>/tmp/uevents
		[ -z "${MODEM_POWER-}" ] || echo "power:$MODEM_POWER" >>/tmp/uevents
	END
	chmod 755 /tmp/on-uevent
	busybox uevent /tmp/on-uevent &
}

# heard UEVENT...: they came in this order, others between them or not.
heard() {
	awk -v wanted="$*" 'BEGIN { n = split(wanted, next_is); i = 1 } $0 == next_is[i] { i++ } END { exit i <= n }' /tmp/uevents
}

up_with_session() {
	driver_up
	need "session" connect --ip 4+6
	indexes=$(interface_indexes)
	check "the modem is up" wait_for 10 state_is up
}

# recovery_case RESET SECONDS COUNTER...: a session, then a crash that only this reset cures.
recovery_case() {
	local cure=$1 seconds=$2 counter
	shift 2
	hear_uevents
	up_with_session
	modem numb "$cure"
	check "the crash is noticed" wait_for 20 state_is restarting
	check "carrier is off" wait_for 5 sh -c "[ \$(cat /sys/class/net/$base/carrier) = 0 ]"
	recovers "$seconds"
	check "userspace was told" wait_for 5 heard up restarting up
	for counter; do
		check_equal "$counter" 1 "$(counter $base "$counter")"
	done
	check "disconnect" disconnect
	check "the driver goes" driver_unload
}

# dead_link: a session, then every read of the modem gives ones.
dead_link() {
	up_with_session
	modem drop
	check "the dead link is found out" wait_for 30 heard unreachable # it may be over before a slow machine looks
}

# inject ERROR: at the root port, which reports it (AER).
inject() {
	monitor "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"pcie_aer_inject_error port0 $1\"}}"
}

# dmesg_count COUNT PATTERN: at least so many lines.
dmesg_count() {
	[ "$(dmesg | grep -c "$2")" -ge "$1" ]
}
