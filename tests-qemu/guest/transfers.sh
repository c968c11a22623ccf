# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Transfers with every byte compared, as the transfer-* cases do them. Sourced by guest.sh.

link=rmnet_mhi0.1
ipv4=192.0.2.1
ipv6=2001:db8:ffff::1

# traffic ACTION ADDRESS ARGUMENTS...: through the link, to the port that the action belongs to.
transfer() {
	local action=$1 address=$2 port
	shift 2
	case $action in
	tcp-get) port=5001 ;;
	tcp-put) port=5002 ;;
	udp-get) port=5003 ;;
	udp-put) port=5004 ;;
	*-echo) port=7 ;;
	esac
	traffic "$action" $address $port "$@" --bind-device $link || {
		whereabouts
		return 1
	}
}

# Where packets may have stayed, into the log.
whereabouts() {
	modem data stats
	ethtool -S $base | grep -v ': 0$'
	grep -E '^(Tcp|TcpExt):' /proc/net/snmp /proc/net/netstat
} >/dev/console 2>&1

# transfers VERSION: more than 100 MB in one QMAP format. UDP is paced, since the guest's CPU is emulated.
transfers() {
	driver_up
	need "session" connect --ip 4+6 --qmap "$1"
	check "TCP download" transfer tcp-get $ipv4 1 60000000
	check "TCP upload" transfer tcp-put $ipv4 2 40000000
	check "TCP download over IPv6" transfer tcp-get $ipv6 3 10000000
	check "TCP upload over IPv6" transfer tcp-put $ipv6 4 10000000
	check "TCP echo" transfer tcp-echo $ipv4 5 2000000
	check "UDP download" transfer udp-get $ipv4 6 5000 1200 2000
	check "UDP upload" transfer udp-put $ipv4 7 5000 1200 2000
	check "UDP download over IPv6" transfer udp-get $ipv6 8 2000 1200 2000
	check "UDP upload over IPv6" transfer udp-put $ipv6 9 2000 1200 2000
	check "UDP echo, small and large" small_and_large
	check "disconnect" disconnect
}

small_and_large() {
	transfer udp-echo $ipv4 10 200 16 500 && transfer udp-echo $ipv6 11 200 1400 500
}

# figure NAME: a figure of the modem's since it was last reset.
figure() {
	modem data stats | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# What it found wrong with an upload.
wrong() {
	modem data stats | tr ' ' '\n' |
		awk -F= '/^ul_bad_(frame|pad|ip|checksum|offload|seed)=|^ul_limit_violations=|^ul_no_session=/ { n += $2 } END { print n }'
}

# mixed SEED [N]: TCP and UDP, both ways, over both families, all at once; UDP gives the kernel N datagrams at a time.
mixed() {
	local seed=$1 segment="--segment ${2:-1}" log=/tmp/mixed processes="" process status=0
	transfer tcp-echo $ipv4 $seed 60000 >$log.tcp4 2>&1 &
	processes="$processes $!"
	transfer tcp-echo $ipv6 $((seed + 1)) 60000 >$log.tcp6 2>&1 &
	processes="$processes $!"
	transfer udp-echo $ipv4 $((seed + 2)) 40 1100 0 $segment >$log.udp4 2>&1 &
	processes="$processes $!"
	transfer udp-echo $ipv6 $((seed + 3)) 40 1100 0 $segment >$log.udp6 2>&1 &
	processes="$processes $!"
	for process in $processes; do
		wait "$process" || status=1
	done
	[ $status = 0 ] || grep -h FAILED $log.*
	return $status
}

# ---- flows: transfers one after the other, until stop_flows

# flow NAME ACTION ADDRESS ARGUMENTS...: as transfer has them, without the seed.
flow() {
	local name=$1 action=$2 address=$3
	shift 3
	echo 0 >/tmp/flow.$name
	flow_runs $name "$action" "$address" "$@" &
	flows="${flows-} $!"
	flow_names="${flow_names-} $name"
}

flow_runs() {
	local name=$1 action=$2 address=$3 number=0
	shift 3
	while [ ! -e /tmp/flows.end ]; do
		number=$((number + 1))
		transfer "$action" "$address" $number "$@" >/tmp/flow.$name.log 2>&1 ||
			echo "$name, transfer $number: $(tail -n 1 /tmp/flow.$name.log)" >>/tmp/flows.failed
		echo $number >/tmp/flow.$name.next
		mv /tmp/flow.$name.next /tmp/flow.$name # never seen empty
	done
}

# All have come to the end of a transfer since: each moves.
flows_moved() {
	local name
	for name in $flow_names; do
		[ "$(cat /tmp/flow.$name)" -gt "$(cat /tmp/flow.$name.before)" ] || return
	done
}

# flows_move SECONDS
flows_move() {
	local name
	for name in $flow_names; do
		cp /tmp/flow.$name /tmp/flow.$name.before
	done
	wait_for "$1" flows_moved
}

# Lets the transfers under way come to their end; fails if one of all went wrong.
stop_flows() {
	end_flows
	flows_went_well
}

# Begins no transfer more, and waits for those under way.
end_flows() {
	touch /tmp/flows.end
	wait $flows
	rm /tmp/flows.end
	flows='' flow_names=''
}

# Whether none of all went wrong since it was last asked.
flows_went_well() {
	[ ! -e /tmp/flows.failed ] || {
		head -n 5 /tmp/flows.failed
		rm /tmp/flows.failed
		return 1
	}
}
