# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
#
#                  mux 0x81 -- rmnet_mhi0.1
#     rmnet_mhi0 --  ...          ...         a session, an address of each family, pings and transfers each
#                  mux 0xc0 -- rmnet_mhi0.64
#
# Sixty-four links with traffic on all of them at once, every byte compared; then some are deleted under it, and the others do not notice.

all=$(seq 64)

# add NUMBER: the session and its link, reachable by both families.
add() {
	local name=$base.$1 mux=$((128 + $1)) addresses
	addresses=$(modem data session up $mux) || return
	ip link add link $base name "$name" type rmnet mux_id $mux &&
		ip link set "$name" up &&
		ip addr add "${addresses%% *}/32" dev "$name" &&
		ip addr add "${addresses##* }/128" dev "$name" nodad &&
		ip -6 route add $ipv6 dev "$name" metric $mux
}

add_others() {
	for number in $all; do
		[ $number = 1 ] || add $number || return
	done
}

# Of one link: a seed of its own, so that nothing of a neighbour's could pass for its.
traffic_of() {
	local link=$base.$1 seed=$(($1 * 1000))
	transfer tcp-echo $ipv4 $seed 100000 &&
		transfer udp-echo $ipv6 $seed 30 1000 0 --segment 5 &&
		transfer tcp-put $ipv6 $seed 100000 &&
		transfer udp-get $ipv4 $seed 50 900 0
}

# start NUMBER...: traffic and pings of these, in the background.
start() {
	local number
	for number; do
		traffic_of $number >/tmp/traffic.$number 2>&1 &
		eval "traffic_$number=$!"
		ping -q -c 10 -i 0.1 -W 10 -I $base.$number 1.1.1.1 >/tmp/ping.$number 2>&1 &
		eval "ping_$number=$!"
	done
}

# finish NUMBER...: fails if anything of these was lost or wrong.
finish() {
	local number status=0
	for number; do
		eval "wait \$traffic_$number" || {
			echo "link $number: $(tail -n 1 /tmp/traffic.$number)"
			status=1
		}
		eval "wait \$ping_$number"
		grep -q ' 0% packet loss' /tmp/ping.$number || {
			echo "link $number: $(grep loss /tmp/ping.$number)"
			status=1
		}
	done
	return $status
}

# Of the numbers given, some at random, but the first; the seed is in the log.
some() {
	echo "$*" | tr ' ' '\n' | awk -v seed="$(cut -d. -f1 /proc/uptime)$$" 'BEGIN { srand(seed) } NR > 1 && rand() < 0.4'
}

driver_up
need "session 1" connect --ip 4+6 --no-route
ip -6 route add $ipv6 dev $link metric 129
need "63 others" add_others
check_equal "they are there" 64 "$(ip -o link show type rmnet | wc -l)"
modem data stats reset >/dev/null

start $all
check "traffic on all at once" finish $all
check_equal "the modem finds nothing wrong" 0 "$(wrong)"

start $all
gone=$(some $all)
echo "deleting" $gone
rest=$(echo "$all" | grep -vxF "$gone")
delete() {
	for number in $gone; do
		ip link del $base.$number || return
	done
}
check "some are deleted under it" delete
check "the others do not notice" finish $rest
check_equal "the others are there" "$(echo "$rest" | wc -l)" "$(ip -o link show type rmnet | wc -l)"
finish $gone >/dev/null # whatever became of it

come_back() {
	for number in $gone; do
		add $number || return
	done
}
check "they come back" come_back
start $all
check "traffic on all again" finish $all
check_equal "nothing was malformed" 0 "$(malformed)"
check "disconnect" disconnect
