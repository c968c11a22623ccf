# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# QMAP frames as hexadecimal, good and bad, and what the bad-frames-* cases do with them. Sourced by guest.sh.

# A UDP packet to port 10 of the first session's address, 36 bytes, without UDP checksum.
packet=45000024000140004011ad84010101010a4081020009000a001000000102030405060708

# map FIRST MUX LENGTH: a MAP header.
map() {
	printf '%02x%02x%04x' "$1" "$2" "$3"
}

# frame VERSION [MUX]: a good frame with the packet.
frame() {
	case $1 in
	v1) echo "$(map 0 "${2:-129}" 36)$packet" ;;
	v4) echo "$(map 0 "${2:-129}" 36)${packet}0000000000000000" ;;
	v5) echo "$(map 0x40 "${2:-129}" 36)04000000$packet" ;;
	esac
}

# faults VERSION CONSUMER: hands each fault to `CONSUMER NAME COUNTER DELIVERED HEX`: the counter that it raises and the good
# frames that surround it.
faults() {
	local version=$1 good check=0 trailer=''
	good=$(frame "$1")
	[ "$version" != v4 ] || trailer=0000000000000000 # behind each frame, whatever it is
	[ "$version" != v5 ] || check=0x40
	"$2" "truncated header" rx_truncated_header 1 "${good}0081"
	"$2" "length beyond the aggregate" rx_length_beyond_buffer 1 "$good$(map 0 129 0xffff)$packet"
	"$2" "pad longer than the packet" rx_pad_beyond_length 2 "$good$(map 0x3f 129 4)00000000$trailer$good"
	"$2" "unknown mux id" rx_unknown_mux 2 "$good$(frame "$version" 77)$good"
	"$2" "zero length" rx_zero_length 2 "$good$(map 0 129 0)$trailer$good"
	"$2" "command cut short" rx_truncated_command 2 "$good$(map 0x80 129 4)01000000$trailer$good"
	"$2" "neither IPv4 nor IPv6" rx_not_ip 2 "$good$(frame "$version" | sed 's/45000024/f5000024/')$good"
	"$2" "unknown command" rx_unknown_commands 2 "$good$(map 0x80 129 12)630000000000000100000000$trailer$good"
	case $version in
	v4)
		"$2" "trailer cut short" rx_truncated_checksum 1 "$good$(map 0 129 36)${packet}0001"
		;;
	v5)
		"$2" "checksum header cut short" rx_truncated_header 1 "$good$(map $check 129 36)0400"
		"$2" "unknown next header" rx_unknown_header 2 "$good$(map $check 129 36)0e000000$packet$good"
		"$2" "coalescing header" rx_coalesced 2 "$good$(map $check 129 36)$(printf '02%054d' 0)$packet$good"
		;;
	esac
}

# Faults on a quiet link: each raises its counter, what is good around it arrives.
quiet_fault() {
	local name=$1 count received
	count=$(counter $base "$2")
	received=$(statistic $link rx_packets)
	modem data inject "$4" >/dev/null || {
		fail "$name: not injected"
		return
	}
	check "$name: $2 is raised" wait_for 5 counter_above "$2" "$count"
	wait_for 5 received_at_least $((received + $3)) || true
	check_equal "$name: what is good arrives" $((received + $3)) "$(statistic $link rx_packets)"
}

counter_above() {
	[ "$(counter $base "$1")" -gt "$2" ]
}

received_at_least() {
	[ "$(statistic $link rx_packets)" -ge "$1" ]
}

# Faults among traffic, which loses nothing.
busy_fault() {
	modem data inject "$4" >/dev/null || fail "$1: not injected"
}

stream_receiver() {
	traffic udp-receive 10.64.129.2 9 1 2000 500 500 --bind-device $link >/tmp/stream.log 2>&1 &
	stream=$!
	wait_for 5 sh -c 'ss -Huan | grep -q ":9 "'
}

injected() {
	[ "$(modem data pending)" = 0 ]
}

malformed() {
	ethtool -S $base | awk '/truncated|beyond|unknown|coalesced|zero_length|not_ip/ { n += $2 } END { print n }'
}

bad_frames() {
	local version=$1 before checksums
	expected_faults=stray_acks # commands among the frames are answered, and the modem knows nothing of them
	driver_up
	need "session" connect --qmap "$version"
	need "ping" ping_through $link 1.1.1.1
	faults "$version" quiet_fault
	check "ping after the faults" ping_through $link 1.1.1.1

	check "stream is listened for" stream_receiver
	check "stream starts" modem data blast 129 528 2000 500 1
	for _ in 1 2 3 4 5; do
		faults "$version" busy_fault
	done
	check "stream among faults lost nothing" wait "$stream"
	cat /tmp/stream.log

	if [ "$version" != v1 ]; then
		checksums=$(($(counter $base rx_checksum_wrong) + $(counter $base rx_checksum_unverified)))
		check "wrong checksum statements are ordered" modem data corrupt checksum 20
		check "what the modem says wrongly of checksums harms nothing" transfer udp-get $ipv4 3 200 400 500
		check "and is counted" test $(($(counter $base rx_checksum_wrong) + $(counter $base rx_checksum_unverified))) \
			-ge $((checksums + 20))
	fi
	transfer tcp-get $ipv4 4 10000000 >/tmp/transfer.log 2>&1 &
	transfer=$!
	check "a transfer runs" wait_for 10 received_at_least $(($(statistic $link rx_packets) + 500))
	check "damaged packets are ordered" modem data corrupt packet 20
	check "TCP gets over them" wait $transfer
	cat /tmp/transfer.log

	before=$(malformed)
	check "aggregates of 10,000 random bytes" modem data inject-random 1 10000 300
	check "all are taken" wait_for 20 injected
	check "they are counted" test "$(malformed)" -gt "$before"
	check "ping after all" ping_through $link 1.1.1.1
	check "AT after all" mhictl at AT
	check "disconnect" disconnect
}
