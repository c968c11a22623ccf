# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# The rpcd plugin behind LuCI's pages with mhictl itself: what it answers without a modem, without and with a session, and about
# a modem that is silent.

# plugin METHOD [INPUT]: as rpcd calls it.
plugin() {
	printf '%s' "${2-}" | busybox sh /test/rpcd-mhi call "$1"
}

# answers NAME PATTERN METHOD [INPUT]: the answer is one object, and has the pattern.
answers() {
	local name="$1" pattern="$2"
	shift 2
	plugin "$@" >/tmp/answer
	check_equal "$name: one line" 1 "$(wc -l </tmp/answer)"
	check "$name" grep -e "^{.*$pattern.*}\$" /tmp/answer
}

mkdir -p /var/lock
answers "no modem" '"devices":\[\]' devices
answers "no modem to ask" '"word":"no-device"' status
driver_up
answers "a modem" "\"devices\":\\[{\"device\":\"wwan0\",\"pci\":\"$(pci)\"" devices
answers "its status" '"operator":"Test Network"' status '{"device":"wwan0"}'
check "without a session" grep '"sessions":\[\]' /tmp/answer
answers "by its place" '"device":"wwan0"' status "{\"device\":\"$(pci)\",\"ubus_rpc_session\":\"00\"}"
answers "another modem" '"word":"no-device"' status '{"device":"wwan7"}'
need "session" connect
answers "its session" '"link":"rmnet_mhi0.1".*"state":"up"' status '{"device":"wwan0"}'
check "ping after the question" ping_through $link 1.1.1.1
check "disconnect" disconnect
modem qmi silent on
start=$(uptime_seconds)
answers "a silent modem" '"word":"no-answer"' status '{"device":"wwan0"}'
check "in time" in_time 20 $start
