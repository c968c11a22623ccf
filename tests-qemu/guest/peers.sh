# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Two links that reach each other through the modem's network, for tools that want their own program at the far end, as the tools-* cases
# use them. Sourced by guest.sh.
#
#     10.64.130.2 rmnet_mhi0.2 --+                                +-- rmnet_mhi0.3 10.64.131.2
#                                +-- the modem and its network ---+   in the namespace "far"

near=10.64.130.2
far=10.64.131.2

# peers_up MODULE...: with modules of the kernel's that the tools need.
peers_up() {
	if [ $# != 0 ] && ! modprobe -n -a "$@"; then
		skip "tools: this kernel has not all of $*"
		leave
	fi
	driver_up
	[ $# = 0 ] || need "the kernel's modules load" modprobe -a "$@"
	if ! ip netns add far; then
		skip "tools: this kernel has no network namespaces"
		leave
	fi
	need "format" modem data format v1 32 32768 11 8192
	need "its network lets subscribers reach each other" modem data peers on
	need "base is up" ip link set $base up
	need "aggregation" ethtool -C $base tx-aggr-max-bytes 8192 tx-aggr-max-frames 11
	need "near link" extra_link 2
	need "far link" extra_link 3
	link=$base.2
	need "the far link moves" move_away $base.3 far $far
	ip -n far link set lo up
	need "route" ip route replace default dev $link
	need "they reach each other" ping_through $link $far
	# What the base had sent before it had links was no frame.
	modem data stats reset >/dev/null
}

# move_away INTERFACE NAMESPACE ADDRESS: there it is up again, and the way to everybody.
move_away() {
	ip link set "$1" netns "$2" && ip -n "$2" addr add "$3/32" dev "$1" && ip -n "$2" link set "$1" up &&
		ip -n "$2" route replace default dev "$1"
}

# on_far COMMAND...: in the namespace.
on_far() {
	ip netns exec far "$@"
}

# content_arrives NAMESPACE ADDRESS BYTES: random bytes from the namespace ("near" is none) to a listener that is there already, by TCP.
content_arrives() {
	local namespace=$1 address=$2 from='' to=''
	head -c "$3" /dev/urandom >/tmp/content
	case $namespace in
	far) from="ip netns exec far" ;;
	near) to="ip netns exec far" ;;
	*) from="ip netns exec $namespace" to="ip netns exec far" ;;
	esac
	# One whose input has come to its end would go.
	[ -p /tmp/held ] || mkfifo /tmp/held
	$to nc -l -p 7777 <>/tmp/held >/tmp/content.arrived &
	wait_for 5 sh -c "$to ss -Hltn | grep -q ':7777 '"
	$from env timeout $((60 * ${PATIENCE:-1})) nc "$address" 7777 </tmp/content
	wait $!
	cmp /tmp/content /tmp/content.arrived
}
