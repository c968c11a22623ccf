# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# ModemManager, as the cases with its image use it. Sourced by guest.sh.

# mm ARGUMENTS...: mmcli, about the one modem that there is.
mm() {
	timeout 90 mmcli --timeout=90 --modem=any "$@"
}

# mm_value KEY [ARGUMENTS...]: a value of those that mmcli shows.
mm_value() {
	local key=$1
	shift
	[ $# != 0 ] || set -- --modem=any
	timeout 30 mmcli --output-keyvalue "$@" | sed -n "s/^$key *: //p"
}

# mm_values KEY: all values of a list about the modem, in order.
mm_values() {
	mm --output-keyvalue | sed -n "s/^$1.value.*: //p" | sort | xargs
}

# mm_found: it is set up; where somebody enables it at once, that may be over, too. Those who wait for it ask every two seconds: mmcli takes
# the processor from what it waits for.
mm_found() {
	usleep 2000000
	case $(mm_value modem.generic.state) in
	disabled | enabling | enabled | searching | registered | connecting | connected) ;;
	*) return 1 ;;
	esac
}

# mm_state_is STATE: likewise.
mm_state_is() {
	usleep 2000000
	[ "$(mm_value modem.generic.state)" = "$1" ]
}

# The modem's name on the bus, which is another one each time that it is found.
mm_name() {
	mm_value 'modem-list.value\[1\]' --list-modems
}

mm_process() {
	systemctl show --value --property MainPID ModemManager
}

# manager_up: ModemManager first, the driver then, the modem at last. No udev rule of ours is there, and the log is whole. ModemManager gives
# the ports of a modem that comes a few seconds, in which udev has not heard of them all where all is slow (PATIENCE): there it comes last.
manager_up() {
	rm -f /usr/lib/udev/rules.d/70-mhictl.rules
	# libqmi gives its proxy a second or two to start, which a busy machine has not.
	/usr/libexec/qmi-proxy --no-exit &
	[ "${PATIENCE:-1}" = 1 ] || late_manager
	need "ModemManager is at work" wait_for 120 mmcli --set-logging=DEBUG
	manager=$(mm_process)
	[ "${PATIENCE:-1}" != 1 ] || driver_up
	check "it finds the modem" wait_for 60 mm_found || {
		manager_log
		leave
	}
}

late_manager() {
	systemctl stop ModemManager
	driver_up
	need "udev has heard of it" udevadm settle --timeout=120
	systemctl start ModemManager
}

# manager_log: what ModemManager said, if something failed.
manager_log() {
	[ -z "${failed-}" ] || journalctl --no-pager --unit ModemManager --unit NetworkManager --output short-monotonic
}

# newest_bearer: its number; ModemManager counts them through.
newest_bearer() {
	mm_values modem.generic.bearers | tr ' ' '\n' | sed 's/.*\///' | sort -n | tail -n 1
}

# bearer_up BEARER: its interface, which is $link from now on, is set up by what mmcli says of the bearer, and by nothing else.
bearer_up() {
	link=$(mm_value bearer.status.interface --bearer="$1")
	address=$(mm_value bearer.ipv4-config.address --bearer="$1")
	ip link set "$link" up mtu "$(mm_value bearer.ipv4-config.mtu --bearer="$1")" &&
		ip addr add "$address/$(mm_value bearer.ipv4-config.prefix --bearer="$1")" dev "$link"
}
