# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# Completion events whose pointers, lengths and codes lie, on both data channels. The kernel survives each. Those that leave
# the ring in order pass by themselves; those that do not are over once the module is loaded anew.

alive() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

# flowing SECONDS: more packets than the rings hold, so that a ring that is stuck shows.
flowing() {
	ping -q -f -c 700 -w "$1" -I $link 1.1.1.1 | grep -q ' 0% packet loss'
}

fresh() {
	kill -TERM "$session" 2>/dev/null && wait "$session"
	driver_unload 2>/dev/null
	driver_load && wait_for 15 ports_are_there && connect && wait_for 5 alive
}

# lie NAME VERB...: the lie, traffic that runs into it, and traffic after it.
lie() {
	local name=$1
	shift
	check "$name: ordered" modem "$@" || return
	ping -q -f -c 20 -W 1 -I $link 1.1.1.1 >/dev/null 2>&1
	check_equal "$name: told" "lies=0" "$(modem faults | cut -d' ' -f1)"
	flowing 2 || check "$name: over after a load" fresh
	check "$name: traffic after it" flowing 15
}

driver_up
need "session" connect
need "traffic" wait_for 5 alive
for channel in 101 100; do
	lie "channel $channel: length 65535" lie-length 65535 5 $channel
	lie "channel $channel: length 0" lie-length 0 3 $channel
	for pointer in outside unaligned skip ffffffffffffffff; do
		lie "channel $channel: pointer $pointer" lie-pointer $pointer 1 $channel
	done
	lie "channel $channel: completion twice" duplicate-completion 1 $channel
	lie "channel $channel: completion lost" lose-completion 1 $channel
	for code in 4 17; do
		lie "channel $channel: code $code" lie-code $code 1 $channel
	done
done

# Events of no channel, of no type, and of states that do not exist.
for event in 00000000000000000000000000000000 ffffffffffffffffffffffffffffffff 000000000000000000000001ff002200 \
	00000000000000000000000900002000; do
	check "event $event" modem event $event
done
check "traffic after the events" wait_for 5 alive || check "over after a load" fresh
check "unload" driver_unload
check "load" driver_load
check "ports are there" wait_for 15 ports_are_there
