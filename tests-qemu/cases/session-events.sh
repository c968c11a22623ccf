# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# What happens to a session while it is up: the network ends it, gives other addresses, the modem crashes. mhictl gets it back.

driver_up
need "session" connect
check "ping" ping_through $link 1.1.1.1

says() {
	grep -q "^$1" /tmp/mhictl.log
}

online() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

check "released by the network" modem qmi network-release 129 36
check "mhictl says so" wait_for 10 says disconnected
check "and comes back" wait_for 60 online

check "another address" modem qmi address-change
check "traffic with it" wait_for 60 online

check "crash" modem sys_err
check "the interface stays" test -e /sys/class/net/$base
check "ports are back" wait_for 30 ports_are_there
check "and the session with them" wait_for 120 online
check "disconnect" disconnect
