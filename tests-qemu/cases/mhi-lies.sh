# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 500
# append: dma_debug=off panic_on_warn=0
# Completion events whose pointers, lengths, codes and channels lie, on both data channels, the QMI and the AT port. The kernel survives each,
# and all else goes on. The MHI core drops what comes after a completion that is out of order, so a data channel is then
# restarted by the driver's watchdog, and the port's channel when mhictl opens the port anew. (dma_debug: as in faults-events.)

alive() {
	ping -q -c 1 -W 1 -I $link 1.1.1.1
}

# flowing SECONDS: more packets than the rings hold, so that a ring that is stuck shows.
flowing() {
	ping -q -f -c 700 -w $(($1 * ${PATIENCE:-1})) -I $link 1.1.1.1 | grep -q ' 0% packet loss'
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

# unknown_channel RING: the MHI core warns of a completion of channel 255, with a stack trace, and drops it.
unknown_channel() {
	complaints
	check "channel 255 on event ring $1: ordered" modem event 000000000000000000000001000022ff $1
	check "channel 255 on event ring $1: traffic after it" wait_for 5 flowing 4
	check_equal "channel 255 on event ring $1: one warning, the MHI core's" "1 1" "$(dmesg | grep -c WARNING:) $(dmesg | grep -c 'WARNING: .* mhi_process_')"
	dmesg -c >/dev/null
}

before=$(restarts)
for ring in 0 1 2; do
	unknown_channel $ring
done
check_equal "no restart by it" 0 $(($(restarts) - before))
check_equal "the session was never lost" "" "$(grep -E '^(disconnected|retry)' /tmp/mhictl.log)"

port_lie() {
	local name=$1 port=$2
	shift 2
	check "$name: ordered" modem "$@" || return
	wait_for 10 is_told $port
	check_equal "$name: told" "lies=0" "$(modem faults | cut -d' ' -f1)"
	check "$name: data goes on" wait_for 40 flowing 4
	check "$name: it is back" wait_for 60 $port
}

is_told() {
	$1
	modem faults | grep -q 'lies=0'
}

at_answers() {
	mhictl at AT --timeout 3
}

# port_lies NAME CHANNEL PORT: lies of a port's. Data goes on meanwhile, and PORT, the command that uses it, works again by itself.
port_lies() {
	port_lie "$1 port: length 65535" $3 lie-length 65535 1 $2
	port_lie "$1 port: length 0" $3 lie-length 0 1 $2
	port_lie "$1 port: code 17" $3 lie-code 17 1 $2
	port_lie "$1 port: pointer skip" $3 lie-pointer skip 1 $2
}

port_lies QMI 15 answered
port_lies AT 33 at_answers
check "traffic at last" wait_for 5 alive
check "unload" driver_unload
check "load" driver_load
check "ports are there" wait_for 15 ports_are_there
