# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# A table of named faults of the modem, and how each is tried. Sourced by guest.sh.
#
# A fault must be told of within its time, and after that traffic must flow again within the same time. The order is random, by
# SEED, which the log names: make check CASE=faults-... SEED=7

fault_table=/tmp/faults.table

# fault NAME SECONDS TOLD PROVOKE REQUEST...: a row. TOLD is counter:NAME, which ethtool counts up; log:PATTERN, which the kernel
# says; state:STATE, which the driver shows; modem:NAME, which the modem counts up; or nothing, where nobody can know and no packet may
# get lost. PROVOKE is the command that runs into the fault, once the modem has agreed to REQUEST.
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

flood() {
	ping -q -f -c 60 -w 2 -I $link $ipv4 >/dev/null 2>&1
}

crash() {
	modem sys_err
}

# Opens and closes the AT port: commands to start and to stop channels.
port() {
	mhictl at AT --timeout 2 >/dev/null 2>&1
}

# A crash at a random moment of a flood.
crash_under_load() {
	ping -q -f -c 100000 -s 1200 -w 4 -I $link $ipv4 >/dev/null 2>&1 &
	usleep $(($(random) * 300000 / 32768))
	modem sys_err
	wait $!
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
	log:*) dmesg | sed "1,/fault: $name\$/d" | grep -qE "${told#*:}" ;;
	nothing) ;;
	esac
}

run_fault() {
	local name=$1 seconds=$2 told=$3 provoke=$4 request=$5 before=0 start after
	# The back-off of what was before ends with the driver's first look at a modem that is up.
	wait_for 15 state_is up || fail "before $name: the modem is not up"
	echo "fault: $name" >/dev/kmsg
	case $told in
	counter:*) before=$(counter $base "${told#*:}") ;;
	modem:*) before=$(modem stats "${told#*:}") ;;
	esac
	[ -z "$request" ] || modem $request >/dev/null || {
		fail "$name: not ordered: $request"
		return
	}
	start=$(uptime_seconds)
	$provoke
	[ ! -e /tmp/random ] || random_state=$(cat /tmp/random)
	if ! wait_for "$seconds" told; then
		fail "$name: nothing told of it within $seconds s ($told)"
	fi
	after=$(($(uptime_seconds) - start))
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
