# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# smp: 2
# memory: 512M
# Rounds of traffic, links that come and go, sleep and crashes, chosen by SOAK_SEED, for SOAK_MINUTES: what `make soak` runs. Content
# is compared in all of it; what a crash cuts off is no fault, wrong content is, on either side. Run by run-case, in the guest.

random=${SOAK_SEED:-1}
deadline=$(($(uptime_seconds) + ${SOAK_MINUTES:-240} * 60))

# pick N: a number below it, into $picked.
pick() {
	random=$(((random * 1103515245 + 12345) & 0x7fffffff))
	picked=$(((random >> 16) % $1))
}

meminfo() {
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# memory: what the kernel has of the kinds that a leak shows in, in KiB.
memory() {
	echo 3 >/proc/sys/vm/drop_caches
	echo "$(meminfo SUnreclaim) $(meminfo VmallocUsed) $(meminfo MemFree)"
}

downloads_and_uploads() {
	local status=0 one other
	transfer tcp-get $ipv4 "$1" 10000000 >/tmp/one 2>&1 &
	one=$!
	transfer tcp-put $ipv6 "$1" 5000000 >/tmp/other 2>&1 &
	other=$!
	wait $one || status=1
	wait $other || status=1
	return $status
}

datagrams() {
	transfer udp-get $ipv4 "$1" 2000 1200 1000 && transfer udp-put $ipv6 "$1" 2000 1200 1000
}

churn() {
	local status=0 echoing mux
	transfer tcp-echo $ipv4 "$1" 1000000 >/tmp/one 2>&1 &
	echoing=$!
	for mux in 200 201 202; do
		ip link add link $base name churn$mux type rmnet mux_id $mux && ip link set churn$mux up || status=1
	done
	for mux in 201 200 202; do
		ip link del churn$mux || status=1
	done
	wait $echoing && return $status
}

# Traffic waits while the machine sleeps.
asleep() {
	local down before status=0
	before=$(counter $base modem_crashes)
	transfer tcp-get $ipv4 "$1" 5000000 >/tmp/one 2>&1 &
	down=$!
	pick 3
	usleep $((picked * 300000 + 100000))
	sleep_machine freeze 2 && sleeps=$((sleeps + 1)) || status=1
	wait $down || status=1
	[ "$(counter $base modem_crashes)" = "$before" ] && return $status
}

# Traffic is cut off here, and may fail, but never with wrong content.
crash() {
	local process processes="" cut before
	before=$(counter $base modem_crashes)
	for cut in tcp-get tcp-put; do
		transfer $cut $ipv4 "$1" 100000000 --timeout 5 >/tmp/cut.$cut 2>&1 &
		processes="$processes $!"
	done
	pick 3
	usleep $((picked * 300000 + 100000))
	pick 3
	case $picked in
	0) modem sys_err interrupt ;;
	1) modem sys_err event ;;
	2) modem rddm ;;
	esac || return
	crashes=$((crashes + 1))
	for process in $processes; do
		wait $process || true
	done
	! grep -E 'wrong content|verdict "bad' /tmp/cut.* || return
	wait_for 30 crashed_beyond "$before" && wait_for 90 state_is up && wait_for 60 ping_through $link $ipv4 1 && transfer tcp-echo $ipv4 "$1" 200000
}

driver_up
need "session" connect --ip 4+6
rounds=0 crashes=0 sleeps=0 bad=0 before=""
sleep=asleep
# The emulated PC's clock does not end such a sleep.
[ "$(uname -m)" = aarch64 ] && can_sleep freeze || sleep=mixed
while [ "$(uptime_seconds)" -lt $deadline ]; do
	pick 9
	case $picked in
	0 | 1) action=mixed ;;
	2 | 3) action=downloads_and_uploads ;;
	4) action=datagrams ;;
	5 | 6) action=churn ;;
	7) action=crash ;;
	8) action=$sleep ;;
	esac
	if ! $action $((rounds + 1)) >/tmp/round 2>&1; then
		bad=$((bad + 1))
		fail "round $rounds, $action: $(tail -q -n 1 /tmp/round /tmp/one /tmp/other 2>/dev/null | tr '\n' ' ')"
		tail -n 12 /tmp/mhictl.log
		wait_for 90 ping_through $link $ipv4 1 || break
	fi
	rounds=$((rounds + 1))
	# By then everything that is kept has been made once.
	[ $rounds != 20 ] || before=$(memory)
done
[ $bad != 0 ] || pass "$rounds rounds, of them $crashes crashes and $sleeps sleeps"
check "crashes were among them" test $crashes -gt 0
if [ $sleep = asleep ]; then
	check "sleep was among them" test $sleeps -gt 0
else
	skip "sleep: no clock ends it on this machine"
fi
check "the session is up" ping_through $link $ipv4
verdict "note counters: $(ethtool -S $base | awk '$2 > 0 && NR > 1 { printf "%s%s ", $1, $2 }')"
if [ -n "$before" ]; then
	after=$(memory)
	verdict "note unreclaimable slab, vmalloc and free memory in KiB: $before at first, $after at last"
	check "slab has not grown by 8 MiB" test $((${after%% *} - ${before%% *})) -lt 8192
	check "vmalloc has not grown by 2 MiB" test $(($(echo "$after" | cut -d' ' -f2) - $(echo "$before" | cut -d' ' -f2))) -lt 2048
	check "free memory has not shrunk by 16 MiB" test $((${before##* } - ${after##* })) -lt 16384
else
	skip "memory: fewer than 20 rounds"
fi
check "disconnect" disconnect
check "the driver goes" driver_unload
