# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 180
# alone: yes
# What README.md promises of mhictl: how long it takes from its start to the first ping, and from mission mode after a crash to a ping, and
# its memory. Emulated, one processor, so a router's are shorter; the best of three counts, since the machine may be busy with others.

connect_bar=150   # hundredths of a second
reconnect_bar=200 # as well
memory_bar=6144   # kB

# read_until WORD: the lines as they come, with their time since $begin.
read_until() {
	while read -r line <&4; do
		echo "$(($(hundredths) - begin)) $line"
		case $line in
		"$1: "*) return ;;
		esac
	done
	return 1
}

# first_ping: $took is what it took from $begin until a ping is answered.
first_ping() {
	ping -q -c 1 -W 2 -I $link 1.1.1.1 >/dev/null && took=$(($(hundredths) - begin))
	echo "$took first ping"
}

# best VALUE: the least so far.
best() {
	[ "${best:-999999}" -lt "$1" ] || best=$1
}

# memory PROCESS: the most that it has had, in kB.
memory() {
	sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# at_most NAME BAR VALUE
at_most() {
	check "$1: $3, at most $2" test "$3" -le "$2"
}

# time_at_most NAME BAR VALUE
time_at_most() {
	if [ "$3" -gt "$2" ] && is_busy; then
		skip "$1: this machine is too busy to tell ($3)"
	else
		at_most "$@"
	fi
}

# since_mission_mode: hundredths from there after the last crash until now, by the kernel log's clock: the first port appears, or the
# driver says so, whichever comes first.
since_mission_mode() {
	echo "case: a ping is answered" >/dev/kmsg
	dmesg | awk -F '[][]' '
		/ crashed; / { start = 0 }
		/ attached$|the modem is up$/ && !start { start = $2 }
		/ a ping is answered$/ { end = $2 }
		END { print int((end - start) * 100) }'
}

driver_up
mkfifo /tmp/lines
exec 4<>/tmp/lines
for turn in 1 2 3; do
	while pidof mhictl >/dev/null; do # the proxy is no part of what is there before
		kill "$(pidof mhictl | cut -d ' ' -f 1)"
		usleep 100000
	done
	begin=$(hundredths)
	mhictl connect --apn internet >&4 2>/tmp/mhictl.err &
	session=$!
	need "session" read_until connected
	first_ping
	best $took
	[ $turn = 3 ] || disconnect
done
time_at_most "hundredths of a second from start to first ping" $connect_bar $best

best=
modem reset-delay 3000 # as long as it takes for whoever polls to fall asleep
for _ in 1 2 3; do
	modem sys_err
	begin=$(hundredths)
	need "session after a crash" read_until connected
	first_ping
	took=$(since_mission_mode)
	echo "$took since mission mode"
	best $took
done
time_at_most "hundredths of a second from mission mode to ping" $reconnect_bar $best

proxy=$(pidof mhictl | tr ' ' '\n' | grep -vx $session)
at_most "kB of memory, mhictl connect" $memory_bar "$(memory $session)"
at_most "kB of memory, its proxy" $memory_bar "$(memory $proxy)"
check "disconnect" disconnect
