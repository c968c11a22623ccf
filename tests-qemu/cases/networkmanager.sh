# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: networkmanager
# memory: 768M
# boot: firmware
# timeout: 600
# append: modprobe.blacklist=mhi_pci_generic no_console_suspend
# NetworkManager and ModemManager as Debian has them reach the internet by a profile of type gsm, and do again by themselves when the
# machine wakes from S3, which has switched the modem off.

active() {
	usleep 2000000 # as in mm_found
	nmcli --terse --fields NAME,TYPE,STATE connection show --active | grep -qx 'mobile:gsm:activated'
}

online() {
	ping -c 1 -W 2 1.1.1.1
}

# suspend SECONDS: by way of logind, who tells everybody; until the machine is awake again. A busy machine takes seconds to get there, and an
# alarm that is over by then wakes nobody.
suspend() {
	local clock=/sys/class/rtc/rtc0/wakealarm restarts
	restarts=$(figure_of restarts)
	echo 0 >$clock
	echo "+$1" >$clock
	systemctl suspend && wait_for 90 restarted_since "$restarts"
}

restarted_since() {
	[ "$(figure_of restarts)" -gt "$1" ]
}

manager_up
need "NetworkManager is at work" wait_for 120 nmcli general status
need "profile" nmcli connection add type gsm ifname '*' con-name mobile apn internet
check "it is activated" wait_for 150 active
nmcli device show | cat # no pager
ip addr show $base
check "ping" ping -c 3 -W 5 1.1.1.1
check "default route" sh -c "ip route show default | tee /dev/stderr | grep 'dev $base '"
check "DNS" sh -c "resolvectl dns; cat /etc/resolv.conf; nmcli --get-values IP4.DNS device show | grep 1.1.1.1"
check "the machine sleeps" suspend $((25 * ${PATIENCE:-1}))
check "it is activated again" wait_for 120 active
check "ping" wait_for 10 online
manager_log
close_case
busybox reboot -f
sleep 60
