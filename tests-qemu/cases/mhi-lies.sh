# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# Completion events whose pointers, lengths and codes lie, on both data channels. The kernel survives each. Those that leave
# the ring in order pass by themselves; those that do not are over once the module is loaded anew.

alive() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

fresh() {
	kill -TERM "$session" 2>/dev/null && wait "$session"
	driver_unload 2>/dev/null
	driver_load && wait_for 15 ports_are_there && connect
}

# lie NAME VERB...: the lie, traffic that runs into it, and traffic after it.
lie() {
	local name=$1
	shift
	check "$name: ordered" modem "$@" || return
	ping -q -f -c 200 -W 1 -I $link 1.1.1.1 >/dev/null 2>&1
	check_equal "$name: told" "lies=0" "$(modem faults | cut -d' ' -f1)"
	wait_for 3 alive || {
		echo "no traffic after: $name"
		check "$name: over after a load" fresh
	}
	check "$name: traffic after it" wait_for 5 alive
}

driver_up
need "session" connect
need "traffic" wait_for 5 alive
for channel in 101 100; do
	lie "channel $channel: length 65535" lie-length 65535 3 $channel
	lie "channel $channel: length 0" lie-length 0 3 $channel
	lie "channel $channel: length 3" lie-length 3 3 $channel
	for pointer in outside end unaligned skip 0 ffffffffffffffff; do
		lie "channel $channel: pointer $pointer" lie-pointer $pointer 1 $channel
	done
	lie "channel $channel: completion twice" duplicate-completion 1 $channel
	lie "channel $channel: completion lost" lose-completion 1 $channel
	for code in 0 4 17 255; do
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
