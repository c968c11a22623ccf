# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The init script and running sessions: restart and reload leave them alone; what stop took down comes up again by start, also
# when opkg has removed and installed the package in between, and what somebody took down before does not.

modem 0000:01:00.0 wwan0 rmnet_mhi0
config <<'END'
config interface 'first'
	option proto 'mhi'
config interface 'second'
	option proto 'mhi'
config interface 'third'
	option proto 'mhi'
END
for interface in first second third; do
	values $interface IP4_ADDRESS=10.1.1.1 IP4_PREFIX=32
	plan $interface up up up
done
start_netifd
for interface in first second third; do
	state $interface up
done
interface_down third
state third down

# As rc.common does: its own functions, then the script's.
# shellcheck disable=SC2317 # which has the same
init() {
	(
		unset -f start stop restart reload
		restart() {
			stop
			start
		}
		reload() {
			restart
		}
		. /lib/functions.sh
		. /etc/init.d/rmnet-mhi
		"$1"
	)
}

before=$(cat /tmp/mhictl.first.pid)
init restart
init reload
/busybox sleep 1
is "first's process" "$before" cat /tmp/mhictl.first.pid
is "first" up state_of first
is "second" up state_of second

# opkg install --force-reinstall after the README's `service rmnet-mhi stop`: it comes twice. Meanwhile an interface leaves.
init stop
state first down
state second down
eventually 30 stopped first || fail "mhictl still runs"
init stop
config <<'END'
config interface 'first'
	option proto 'mhi'
config interface 'third'
	option proto 'mhi'
END
reload
init start
state first up
is "third" down state_of third
interface_down first
state first down
init start
/busybox sleep 1
is "first after ifdown" down state_of first
