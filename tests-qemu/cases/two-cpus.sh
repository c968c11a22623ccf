# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
# smp: 2
# Two CPUs: packets are steered to both (RPS), the poll has a thread of its own or not, links come and go on one CPU while the other
# carries traffic. Every byte is compared.

threaded=/sys/class/net/$base/threaded

# steer MASK: which CPUs take what base and link receive.
steer() {
	echo $1 >/sys/class/net/$base/queues/rx-0/rps_cpus && echo $1 >/sys/class/net/$link/queues/rx-0/rps_cpus
}

# Packets that each CPU has processed, in /proc/net/softnet_stat.
processed() {
	local first
	while read -r first _; do
		echo $((0x$first))
	done </proc/net/softnet_stat
}

several_flows() {
	transfer tcp-get $ipv4 1 500000 --flows 8 && transfer tcp-put $ipv4 20 500000 --flows 8 &&
		transfer tcp-echo $ipv6 40 300000 --flows 4 && transfer udp-get $ipv4 50 500 1200 2000 --flows 4 &&
		transfer udp-put $ipv6 60 500 1200 2000 --flows 4
}

# Each CPU has taken some since $before.
both_took_some() {
	processed >/tmp/processed
	echo "before: $before, now:"
	cat /tmp/processed
	for count in $before; do
		read -r now || return
		[ $now -gt $((count + 100)) ] || return
	done </tmp/processed
}

# The poll's threads.
threads() {
	grep -l "^napi/$base" /proc/[0-9]*/comm | cut -d/ -f3
}

flip() {
	for _ in $(seq 20); do
		echo 1 >$threaded && usleep 50000 && echo 0 >$threaded && usleep 50000 || return
	done
}

# Flips between one CPU and both.
resteer() {
	for _ in $(seq 20); do
		steer 0 && usleep 20000 && steer 1 && usleep 20000 && steer 3 && usleep 20000 || return
	done
}

# churn CPU: links that come and go there. (Dash, since what busybox starts by the name of sh has busybox's ip.)
churn() {
	taskset -c $1 dash -c "
		for round in \$(seq 6); do
			for mux in 200 201 202; do
				ip link add link $base name churn\$mux type rmnet mux_id \$mux && ip link set churn\$mux up || exit
			done
			for mux in 201 200 202; do
				ip link del churn\$mux || exit
			done
		done"
}

driver_up
check_equal "two CPUs" 2 "$(grep -c ^processor /proc/cpuinfo)"
need "session" connect --ip 4+6
# fq_codel drops what has waited long, as on a machine that stands still for a tenth of a second.
need "a queueing discipline that drops nothing" tc qdisc replace dev $link root pfifo limit 10000
check "several flows" several_flows

check "steered to both" steer 3
before=$(processed)
check "steered: several flows" several_flows
check "steered: each CPU took some" both_took_some

check "threaded" sh -c "echo 1 >$threaded"
check_equal "threaded: there is a thread" 1 "$(threads | wc -l)"
check "threaded and steered: several flows" several_flows
check "steered no more" steer 0
check "threaded: several flows" several_flows
check "threaded no more" sh -c "echo 0 >$threaded"

echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 # on new links: the modem has no session for what they would send
flow get4 tcp-get $ipv4 400000
flow put4 tcp-put $ipv4 400000
flow echo6 tcp-echo $ipv6 200000
flow datagrams-get udp-get $ipv6 200 1200 1000
flow datagrams-put udp-put $ipv4 200 1200 1000
check "flipped between thread and softirq" flip
check "all transfers go on" flows_move 30
check "flipped between one CPU and both" resteer
check "all transfers go on again" flows_move 30
check "links come and go on CPU 0" churn 0
check "links come and go on CPU 1" churn 1
check "and all transfers go on" flows_move 30
check "what was under way has arrived" stop_flows

# One CPU carries the traffic, the other changes links and features.
check "threaded once more" sh -c "echo 1 >$threaded"
check "the thread stays on CPU 1" taskset -p 2 "$(threads)"
flow get4 tcp-get $ipv4 400000
flow put4 tcp-put $ipv4 400000
check "links come and go on the other CPU" churn 0
check "all transfers go on at last" flows_move 30
check "what was under way has arrived at last" stop_flows
check_equal "the modem finds nothing wrong" 0 "$(wrong)"
check_equal "nothing was malformed" 0 "$(malformed)"
check "unload, threaded as it is" driver_unload
check_equal "no thread is left" "" "$(threads)"
