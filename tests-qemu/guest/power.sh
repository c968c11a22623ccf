# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# What the cases about sleep share. Sourced by guest.sh.

# power FILE [VALUE]: a file about the modem's function in sysfs, read or written.
power() {
	local file
	file="/sys/bus/pci/devices/$(pci)/power/$1"
	if [ $# = 1 ]; then
		cat "$file"
	else
		echo "$2" >"$file"
	fi
}

power_is() {
	[ "$(power runtime_status)" = "$1" ]
}

# quiet_session: one that nobody watches, so that the modem is used by what the case sends alone. The session is the network's.
quiet_session() {
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 # solicits routers
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	need "format" modem data format v5 32 32768 11 8192
	need "base is up" ip link set $base up
	need "link" extra_link 1
	need "route" ip route replace default dev $link
	need "ping" ping_through $link $ipv4 1
	indexes=$(interface_indexes)
}

# Sets the format and the network's session anew, which a modem that has lost its state has forgotten.
session_again() {
	modem data format v5 32 32768 11 8192 && modem data session up 129 >/dev/null
}

# can_sleep STATE: the kernel can sleep so, and has a clock to wake it.
can_sleep() {
	grep -qw "$1" /sys/power/state && [ -e /sys/class/rtc/rtc0/wakealarm ]
}

# machine_sleeps STATE: ends the case, skipped by name, on a kernel that cannot.
machine_sleeps() {
	if ! can_sleep "$1"; then
		skip "sleep ($1): the kernel does not, or has no alarm clock (SUSPEND, RTC)"
		leave
	fi
}

# sleep_machine STATE SECONDS: to sleep, and woken by the clock.
sleep_machine() {
	local clock=/sys/class/rtc/rtc0/wakealarm
	echo 0 >$clock
	echo "+$2" >$clock
	echo "$1" >/sys/power/state
}

# figure_of NAME: one of the modem's own counters.
figure_of() {
	modem stats "$1"
}

# load_kernel KIND: the running kernel and what it runs on, as the one to come: -l for kexec, -p for a crash. It finds in NEXT how often
# the modem had been reset by then.
load_kernel() {
	(
		cd / || exit
		find . -xdev -path './tmp/*' -prune -o -name vmlinuz -prune -o -print | cpio -o -H newc >/tmp/initrd
	) && kexec "$1" -i /lib/modules/vmlinuz --initrd=/tmp/initrd \
		--append="$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) NEXT=$(figure_of restarts)"
}

# writes: the modem's writes into memory since it was last stopped.
writes() {
	modem memory | sed 's/.*writes=//'
}

# under_traffic: both ways, from now on.
under_traffic() {
	ping -q -f -I $link $ipv4 >/dev/null 2>&1 &
	wait_for 10 sh -c "[ \$(cat /sys/class/net/$link/statistics/rx_packets) -gt 100 ]"
}

# monitor JSON: a command to QEMU; fails if QEMU refuses. Events that come meanwhile are shown.
monitor() {
	local reply
	exec 4<>/dev/virtio-ports/monitor
	[ -n "${greeted-}" ] || echo '{"execute":"qmp_capabilities"}' >&4
	echo "$1" >&4
	while IFS= read -r reply <&4; do
		echo "monitor: $reply"
		case $reply in
		*'"return"'*)
			[ -z "${greeted-}" ] || break
			greeted=1
			;;
		*'"error"'*)
			exec 4<&-
			return 1
			;;
		esac
	done
	exec 4<&-
}

# unplugged, listens COUNT, plugged: a modem out of its slot (`# modem: --replug`), waiting for another turn, and in it again.
unplugged() {
	[ -z "$(pci)" ] && [ ! -e /sys/class/net/$base ]
}

# QEMU ends itself if it is to plug in a modem that does not wait for it yet.
listens() {
	[ "$(figure_of listens)" = "$1" ]
}

plugged() {
	local socket
	socket=$(sed -n 's/.*modem_socket=\([^ ]*\).*/\1/p' /proc/cmdline)
	monitor "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-user-pci\",\"id\":\"modem0\",\"bus\":\"port0\",\"socket\":{\"type\":\"unix\",\"path\":\"$socket\"}}}"
}
