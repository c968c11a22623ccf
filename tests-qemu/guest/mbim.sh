# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# A modem in MBIM mode, as libmbim's mbimcli and the kernel's mhi_wwan_mbim have it. Sourced by guest.sh.

mbim_port=/dev/wwan0mbim0

# mbim_modules MODULE...: loads them and what the kernel has for MBIM, or ends the case where it lacks some.
mbim_modules() {
	if ! modprobe -n -a mhi_wwan_ctrl mhi_wwan_mbim "$@"; then
		skip "MBIM: this kernel has not all of mhi_wwan_ctrl mhi_wwan_mbim $*"
		leave
	fi
	need "stock modules load" modprobe -a mhi_wwan_ctrl mhi_wwan_mbim "$@"
}

mbim_is_there() {
	[ -c $mbim_port ] && [ -e /sys/class/net/wwan0 ]
}

# mbim_open: without an opener the channel stops, and the modem forgets its contexts.
mbim_open() {
	transaction=0
	# `command`: a port that has just gone must not end the shell.
	command exec 9<$mbim_port && mbim --query-device-caps
}

# mbim ARGUMENTS...: mbimcli on a port that stays open between its runs, as $transaction counts on.
transaction=0
mbim() {
	local verdict=0
	if [ $transaction = 0 ]; then
		set -- --no-close "$@"
	else
		set -- --no-close --no-open=$transaction "$@"
	fi
	timeout 30 mbimcli --device=$mbim_port "$@" >/tmp/mbim.log 2>&1 || verdict=$?
	cat /tmp/mbim.log
	transaction=$(sed -n "s/.*TRID: '\([0-9]*\)'.*/\1/p" /tmp/mbim.log | tail -n 1)
	: "${transaction:=0}"
	return $verdict
}

# mbim_said TEXT...: what mbimcli has printed last has all of these.
mbim_said() {
	local text
	for text in "$@"; do
		grep -qF -- "$text" /tmp/mbim.log || {
			echo "not said: $text"
			return 1
		}
	done
}

# mbim_configure SESSION INTERFACE: addresses as IP_CONFIGURATION tells them.
mbim_configure() {
	local address
	mbim --query-ip-configuration="$1" || return
	address=$(sed -n "s/.*IP \[0\]: '\([0-9.]*\)\/.*/\1/p" /tmp/mbim.log | head -n 1)
	ip addr replace "$address/32" dev "$2" && ip link set "$2" mtu 1500 up
}

# mbim_online: a session from whatever state, with a default route.
mbim_online() {
	mbim_open && mbim --connect=apn=internet,ip-type=ipv4,session-id=0 && mbim_configure 0 wwan0 &&
		ip route replace default dev wwan0
}
