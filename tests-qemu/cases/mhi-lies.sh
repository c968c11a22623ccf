# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# append: dma_debug=off
# Completion events whose pointers, lengths and codes lie, on both data channels and the QMI port's. The kernel survives each,
# and all else goes on. The MHI core drops what comes after a completion that is out of order, so a data channel is then
# restarted by the driver's watchdog, and the port's channel when mhictl opens the port anew. (dma_debug: as in faults-events.)

alive() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

# flowing SECONDS: more packets than the rings hold, so that a ring that is stuck shows.
flowing() {
	ping -q -f -c 700 -w "$1" -I $link 1.1.1.1 | grep -q ' 0% packet loss'
}

# mhictl's session can ask the modem something.
answered() {
	mhictl status | grep -q '^operator  *Test Network' && mhictl status --json | grep -q '"state": *"up"'
}

restarts() {
	echo $(($(counter $base rx_channel_restarts) + $(counter $base tx_channel_restarts)))
}

# lie NAME RESTARTS VERB...: the lie, traffic that runs into it, and traffic after it, with as many restarts of the channels.
lie() {
	local name=$1 expected=$(($(restarts) + $2))
	shift 2
	check "$name: ordered" modem "$@" || return
	ping -q -f -c 20 -W 1 -I $link 1.1.1.1 >/dev/null 2>&1
	check_equal "$name: told" "lies=0" "$(modem faults | cut -d' ' -f1)"
	check "$name: traffic after it" wait_for 40 flowing 4
	check_equal "$name: restarts of the channels" "$expected" "$(restarts)"
}

driver_up
need "session" connect
need "traffic" wait_for 5 alive
for channel in 101 100; do
	lie "channel $channel: length 65535" 0 lie-length 65535 5 $channel
	lie "channel $channel: length 0" 0 lie-length 0 3 $channel
	for pointer in outside unaligned skip ffffffffffffffff; do
		lie "channel $channel: pointer $pointer" 1 lie-pointer $pointer 1 $channel
	done
	lie "channel $channel: completion twice" 0 duplicate-completion 1 $channel
	lie "channel $channel: completion lost" 1 lose-completion 1 $channel
	lie "channel $channel: code 4" 0 lie-code 4 1 $channel
	lie "channel $channel: code 17" 1 lie-code 17 1 $channel
done

# Events of no channel, of no type, and of states that do not exist.
for event in 00000000000000000000000000000000 ffffffffffffffffffffffffffffffff 000000000000000000000001ff002200 \
	00000000000000000000000900002000; do
	check "event $event" modem event $event
done
check "traffic after the events" wait_for 5 alive
check_equal "the session was never lost" "" "$(grep -E '^(disconnected|retry)' /tmp/mhictl.log)"

# The port's channel: data goes on meanwhile, and mhictl comes back by itself.
check "QMI port: ordered" modem lie-pointer skip 1 15
mhictl status >/dev/null 2>&1
check_equal "QMI port: told" "lies=0" "$(modem faults | cut -d' ' -f1)"
check "QMI port: data goes on" flowing 5
check "QMI port: mhictl is back" wait_for 60 answered
check "traffic at last" wait_for 5 alive
check "unload" driver_unload
check "load" driver_load
check "ports are there" wait_for 15 ports_are_there
