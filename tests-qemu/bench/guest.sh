# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# One contender's part of `make bench`, in the guest: brings its interfaces up and runs every workload some times. Sourced by init.
# timeout: 900
# append: ipv6.disable=1
#
# Sessions come from the emulated modem's control port, so that no contender needs a program of its own for them. The kernel's
# command line says CONTENDER=NAME, REPETITIONS=COUNT and perhaps WORKLOADS=NAME,NAME; verdicts are
#
#   symbol ADDRESS NAME [MODULE]    of all modules; CONTENDER=kernel measures nothing, and tells the kernel's own
#   window WORKLOAD PACKETS COUNTER=VALUE...    for each window that count.c has written, in the same order
#   missing WORKLOAD WHY            where there is none
#   latency idle|loaded|far MICROSECONDS... ms=DURATION sent=COUNT ul_bytes=BYTES   round trips, and what went up meanwhile

. /test/guest.sh

peer=192.0.2.1
mux=129
v5=0x31 # deaggregation, checksums v5 both ways
slow=50000000 # bits a second of the slow uplink

# ---- contenders

bring_up() {
	case $CONTENDER in
	floor)
		insmod /lib/modules/floor.ko && add_links 1
		return
		;;
	rmnet_mhi)
		base=rmnet_mhi0
		driver_load && wait_for 20 test -e /sys/class/net/$base || return
		;;
	mhi_net+rmnet*)
		base=mhi_hwip0
		insmod /lib/modules/rmnet.ko && modprobe -a mhi_pci_generic mhi_net &&
			wait_for 20 test -e /sys/class/net/$base || return
		;;
	mhi_wwan_mbim)
		base=link1
		mux=0 # a link is a session, and the first comes with the driver
		modprobe -a mhi_pci_generic mhi_wwan_mbim && wait_for 20 test -e /sys/class/net/wwan0 &&
			ip link set wwan0 name link1 && add_links 1
		return
		;;
	esac
	modem data format v5 32 32768 11 8192 &&
		ip link set $base up &&
		wait_for 20 carrier $base &&
		add_links 1 || return
	case $CONTENDER in
	rmnet_mhi) ethtool -C $base tx-aggr-max-bytes 8192 tx-aggr-max-frames 11 ;;
	*+aggr) ethtool -C link1 tx-aggr-max-bytes 8192 tx-aggr-max-frames 11 tx-aggr-time-usecs 800 ;;
	esac
}

carrier() {
	[ "$(cat "/sys/class/net/$1/carrier")" = 1 ]
}

# add_links COUNT: so many more mux links, each with its session's address.
links=0
add_links() {
	local last=$((links + $1)) address
	while [ $links -lt $last ]; do
		address=$(session $((mux + links))) || return
		address=${address%% *}
		[ $links != 0 ] || ipv4=$address
		links=$((links + 1))
		make_link link$links $((mux + links - 1)) &&
			ip addr add "$address/32" dev link$links &&
			ip link set link$links up || return
	done
	ip route replace default dev link1
}

# session MUX: starts it, and prints its address first. The floor has none, and the same addresses.
session() {
	case $CONTENDER in
	floor) echo "10.64.$1.2" ;;
	*) modem data session up "$1" ;;
	esac
}

# make_link NAME MUX
make_link() {
	case $CONTENDER in
	floor) ip link set floor$(($2 - mux)) name "$1" ;;
	mhi_wwan_mbim)
		[ -e "/sys/class/net/$1" ] || ip link add "$1" parentdev wwan0 type wwan linkid "$2"
		;;
	rmnet_mhi) load link $base "$1" "$2" $v5 >/dev/null ;;
	*)
		# The kernel's rmnet leaves all of these off, and is better with them.
		load link $base "$1" "$2" $v5 >/dev/null && ethtool -K "$1" rx on tx on sg on gso on
		;;
	esac
}

# A LAN behind us, with one machine: another network namespace. What it sends comes in large pieces, as from GRO.
add_lan() {
	local tools module
	tools=$(echo /lib/modules/nat-tools-*)
	for module in "$tools"/nat-modules/*.ko; do
		insmod "$module" || return
	done
	ip netns add lan &&
		ip link add lan0 type veth peer name eth0 netns lan &&
		ip addr add 192.168.1.1/24 dev lan0 &&
		ip link set lan0 up &&
		ip -n lan addr add 192.168.1.2/24 dev eth0 &&
		ip -n lan link set eth0 up &&
		ip -n lan route add default via 192.168.1.1 &&
		echo 1 >/proc/sys/net/ipv4/ip_forward &&
		LD_LIBRARY_PATH=$(echo "$tools"/usr/lib/*) "$tools/usr/sbin/nft" \
			"table ip nat { chain out { type nat hook postrouting priority 100; oifname != lan0 masquerade; }; }"
}

# ---- workloads

: "${WORKLOADS:=tcp-down-1,tcp-down-8,tcp-up-1,tcp-up-8,udp-64-down,udp-1400-down,udp-64-up,udp-1400-up,ping-idle,latency,\
aggregate-1,aggregate-4,aggregate-10,aggregate-20,links-1,links-8,links-64,nat-down,nat-up}"

# workload NAME: its program, as load takes it; the modem is told how to aggregate first.
workload() {
	local number=${1##*-} size=${1#udp-}
	case $1 in
	aggregate-*) modem data aggregate "$number" 32000 3 ;;
	*) modem data aggregate 32 15360 3 ;;
	esac >/dev/null
	case $1 in
	tcp-down-*) load tcp-down $peer "$number" $((14000000 / number)) ;;
	tcp-up-*) load tcp-up $peer "$number" $((14000000 / number)) ;;
	udp-*-down) load udp-down "$ipv4" $mux 1 "${size%-*}" 10000 ;;
	udp-*-up) load udp-up $peer "${size%-*}" 10000 ;;
	ping-idle) load ping $peer 200 ;;
	aggregate-*) load udp-down "$ipv4" $mux 1 1400 10000 ;;
	links-*) load udp-down "$ipv4" $mux "$number" 1400 10000 ;;
	nat-down) ip netns exec lan load tcp-down $peer 1 14000000 ;;
	nat-up) ip netns exec lan load tcp-up $peer 1 14000000 ;;
	esac
}

# measure WORKLOAD
measure() {
	local before packets
	before=$(modem stats)
	modem data stats reset >/dev/null
	if packets=$(workload "$1" 2>/tmp/load.log); then
		verdict "window $1 $packets" "$(difference "$before" "$(modem stats)")" "$(modem data stats)"
	else
		verdict "missing $1 $(tail -n 1 /tmp/load.log)"
	fi
}

# Round trips on a slow uplink, idle and beside eight TCP flows that send all they can, with fq_codel where packets wait. The emulated
# network is a millisecond away, for which Linux makes TCP's packets larger than the rate asks for, up to 64 KB (tcp_tso_rtt_log).
# Behind a radio, with 10 ms and more, it does not: "far" is that.
measure_latency() {
	local device state flows near result devices="$base link1"
	[ $base != link1 ] || devices=link1
	modprobe sch_fq_codel || return
	for device in $devices; do
		tc qdisc replace dev $device root fq_codel || return
	done
	modem data aggregate auto >/dev/null && modem data uplink-rate $slow >/dev/null || return
	for _ in 1 2 3; do
		for state in idle loaded far; do
			flows=8 near=9 # the kernel's default
			case $state in
			idle) flows=0 ;;
			far) near=0 ;;
			esac
			echo $near >/proc/sys/net/ipv4/tcp_tso_rtt_log
			if result=$(load latency $peer $flows 40 2>/tmp/load.log); then
				verdict "latency $state $result $(modem data stats | tr ' ' '\n' | grep '^ul_bytes=')"
			else
				verdict "missing latency-$state $(tail -n 1 /tmp/load.log)"
			fi
			wait_for 10 quiet || verdict "missing latency-$state the uplink does not get quiet"
		done
	done
	echo 9 >/proc/sys/net/ipv4/tcp_tso_rtt_log
	modem data uplink-rate off >/dev/null
	for device in $devices; do
		tc qdisc del dev $device root
	done
}

# What a flood has left on its way up is gone.
quiet() {
	local before
	before=$(modem data stats)
	usleep 200000
	[ "$(modem data stats)" = "$before" ]
}

# difference BEFORE AFTER: of counters as NAME=VALUE.
difference() {
	echo "$1 $2" | tr ' ' '\n' | awk -F= '
		$1 in seen { print $1 "=" $2 - seen[$1] }
		{ seen[$1] = $2 }' | tr '\n' ' '
}

# By what has to be there for them; all links and the LAN stay once they are.
bench() {
	local name
	bring_up || return
	repeat "$(chosen 'tcp|udp|ping')"
	if [ "$CONTENDER" != floor ]; then
		[ -z "$(chosen latency)" ] || measure_latency || verdict "missing latency it cannot be set up"
		repeat "$(chosen aggregate)"
	fi
	for name in $(chosen links); do
		add_links $((${name#*-} - links)) && repeat "$name"
	done
	[ -z "$(chosen nat)" ] || { add_lan && repeat "$(chosen nat)"; }
	grep '\[' /proc/kallsyms | tell_symbols
}

# chosen WORDS: the workloads whose names begin with one of WORDS, WORD|WORD.
chosen() {
	echo "$WORKLOADS" | tr , '\n' | grep -E "^($1)"
}

# repeat WORKLOADS: the first time is not reported: it warms caches up.
repeat() {
	local repetition name
	for repetition in $(seq 0 "$REPETITIONS"); do
		for name in $1; do
			measure "$name"
		done
	done
}

tell_symbols() {
	sed -n '/\[bpf\]/d; s/^\([0-9a-f]*\) [tTwW] /symbol \1 /p' >/dev/virtio-ports/verdict
}

case $CONTENDER in
kernel) grep -v '\[' /proc/kallsyms | tell_symbols ;;
*) bench || verdict "missing all $CONTENDER does not come up" ;;
esac
verdict "done"
