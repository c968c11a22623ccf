# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# A table of named faults of the modem, and how each is tried. Sourced by guest.sh.
#
# A fault must happen, which the modem counts, all of it, and must be told of within its time, PROVOKE's included; after that it is off,
# and traffic must flow again within the same time. The order is random, by SEED, which the log names: make check CASE=faults-... SEED=7

fault_table=/tmp/faults.table

# fault NAME SECONDS TOLD PROVOKE REQUEST...: a row. TOLD is counter:NAME, which ethtool counts up; log:PATTERN, which the kernel
# says; state:STATE, which the driver shows; modem:NAME, which the modem counts up; nothing, where nobody can know; or unread, where
# nobody even looks. PROVOKE is the command that runs into the fault, once the modem has agreed to REQUEST; it must succeed. Without a
# REQUEST it is a crash of PROVOKE's.
fault() {
	local name=$1 seconds=$2 told=$3 provoke=$4
	shift 4
	echo "$name;$seconds;$told;$provoke;$*" >>$fault_table
}

# A link whose session is the network's, so that nobody has to set it up anew after a crash.
faults_begin() {
	driver_up "$@"
	need "format" modem data format v1 32 32768 11 8192
	need "base is up" ip link set $base up
	need "link" extra_link 2
	link=$base.2
	need "route" ip route replace default dev $link
	need "traffic" wait_for 10 flows
	indexes=$(interface_indexes)
}

# Packets come back, all of them; the session is set up where the modem has forgotten it.
flows() {
	[ "$(cat /sys/class/net/$base/carrier)" = 1 ] || return
	modem data session up 130 >/dev/null 2>&1
	modem data format v1 32 32768 11 8192 >/dev/null
	ping -q -f -c 40 -W 1 -w 3 -I $link $ipv4 | grep -q ' 0% packet loss'
}

# ---- what runs into a fault

nothing() {
	true
}

# Packets, which may get lost.
flood() {
	ping -q -f -c 60 -w 2 -I $link $ipv4 >/dev/null 2>&1
	true
}

# Packets, all of which come back, if late: later than ping waits.
lossless() {
	local received
	received=$(statistic $link rx_packets)
	ping -q -f -c 60 -W 1 -I $link $ipv4
	wait_for 10 received_since $received 60
}

# received_since NUMBER COUNT: so many packets more.
received_since() {
	[ $(($(statistic $link rx_packets) - $1)) -ge $2 ]
}

crash() {
	modem sys_err
}

# A crash, and the way up from it, with the fault still on.
crash_and_back() {
	local crashes
	crashes=$(counter $base modem_crashes)
	modem sys_err
	wait_for 15 crashed_beyond "$crashes" && wait_for 20 at_work
}

at_work() {
	state_is up && [ "$(cat /sys/class/net/$base/carrier)" = 1 ]
}

# Opens and closes the AT port: commands to start and to stop channels.
port() {
	mhictl at AT --timeout 2 >/dev/null 2>&1
	true
}

# What one command more or less leaves behind, the MHI core's command ring out of step with the modem's, only a restart mends.
port_and_crash() {
	port
	crash_and_back
}

port_answers() {
	mhictl at AT --timeout 10
}

port_is_silent() {
	! mhictl at AT --timeout 2
}

# A crash at a random moment of a flood.
crash_under_load() {
	ping -q -f -c 100000 -s 1200 -w 4 -I $link $ipv4 >/dev/null 2>&1 &
	usleep $(($(random) * 300000 / 32768))
	modem sys_err
	wait $!
	true
}

# ---- the table's way

# A number from 0 to 32767, the next one by SEED.
random() {
	random_state=$(((${random_state:-${SEED:-1}} * 1103515245 + 12345) & 0x7fffffff))
	echo $((random_state >> 16))
	echo $random_state >/tmp/random
}

told() {
	case $told in
	counter:*) [ "$(counter $base "${told#*:}")" -gt "$before" ] ;;
	modem:*) [ "$(modem stats "${told#*:}")" -gt "$before" ] ;;
	state:*) state_is "${told#*:}" ;;
	log:*) said_since "$name" "${told#*:}" ;;
	nothing | unread) ;;
	esac
}

# said_since NAME PATTERN: the kernel's log has it behind that fault's beginning.
said_since() {
	dmesg | sed "1,/fault: $1\$/d" | grep -qE "$2"
}

# The fault has happened, as often as it was ordered. One that nobody looks at has not.
happened() {
	[ "$(modem faults | sed 's/.*left=//')" = 0 ] || return
	case $told in
	unread) [ "$(modem stats "$verb")" = "$happenings" ] ;;
	*) [ "$(modem stats "$verb")" -gt "$happenings" ] ;;
	esac
}

run_fault() {
	local name=$1 seconds=$2 told=$3 provoke=$4 request=$5 verb before=0 happenings start after
	verb=${request%% *}
	verb=${verb:-sys_err} # then it is PROVOKE's
	# The back-off of what was before ends with the driver's first look at a modem that is up.
	wait_for 15 state_is up || fail "before $name: the modem is not up"
	echo "fault: $name" >/dev/kmsg
	case $told in
	counter:*) before=$(counter $base "${told#*:}") ;;
	modem:*) before=$(modem stats "${told#*:}") ;;
	esac
	happenings=$(modem stats "$verb")
	[ -z "$request" ] || modem $request >/dev/null || {
		fail "$name: not ordered: $request"
		return
	}
	start=$(uptime_seconds)
	$provoke || fail "$name: $provoke failed"
	[ ! -e /tmp/random ] || random_state=$(cat /tmp/random)
	wait_for "$seconds" told || fail "$name: nothing told of it within $seconds s ($told)"
	after=$(($(uptime_seconds) - start))
	in_time "$((seconds + 1))" $start || fail "$name: told of after $after s"
	wait_for "$seconds" happened ||
		fail "$name: happened $(($(modem stats "$verb") - happenings)) times, $(modem faults)"
	modem faults off
	start=$(uptime_seconds)
	if wait_for "$seconds" flows; then
		pass "$name: $told after $after s, traffic after $(($(uptime_seconds) - start)) s more"
	else
		fail "$name: no traffic $seconds s after it"
		modem state
		modem stats
	fi
}

# Tries all faults of the table, one after the other on the same modem.
run_faults() {
	local name seconds told provoke request
	echo "SEED=${SEED:-1}"
	awk -v seed="${SEED:-1}" 'BEGIN { srand(seed) } { print rand() "|" $0 }' $fault_table | sort -n | cut -d '|' -f 2- >/tmp/faults.order
	while IFS=';' read -r name seconds told provoke request; do
		run_fault "$name" "$seconds" "$told" "$provoke" "$request" </dev/null
	done </tmp/faults.order
	check_equal "the interfaces are the same" "$indexes" "$(interface_indexes)"
	check "a transfer after all" transfer tcp-get $ipv4 1 1000000
	check "the AT port after all" mhictl at AT
	check "the driver goes" driver_unload
}
