# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 200
# smp: 2
# The module is removed, and the device taken away, under traffic both ways.

flood() {
	ping -q -f -c 100000 -I $link 1.1.1.1 >/dev/null 2>&1 &
	flood1=$!
	transfer tcp-get $ipv4 1 1000000000 >/dev/null 2>&1 &
	flood2=$!
	transfer tcp-put $ipv4 2 1000000000 >/dev/null 2>&1 &
	flood3=$!
	wait_for 20 moved 2000
}

moved() {
	[ "$(statistic $link rx_packets)" -gt "$1" ] && [ "$(statistic $link tx_packets)" -gt "$1" ]
}

stop_flood() {
	kill $flood1 $flood2 $flood3
	kill -KILL "$session"
	wait
} 2>/dev/null

driver_up
for round in 1 2 3; do
	check "session $round" connect || break
	check "traffic both ways $round" flood
	check "unload $round" driver_unload
	check "interfaces are gone $round" test ! -e /sys/class/net/$base
	stop_flood
	check "load $round" driver_load
	check "ports are back $round" wait_for 20 ports_are_there
done

check "session before unbind" connect
check "traffic both ways before unbind" flood
device=$(pci)
echo 1 >"/sys/bus/pci/devices/$device/remove"
check "removed from the bus" test ! -e "/sys/bus/pci/devices/$device"
stop_flood
echo 1 >/sys/bus/pci/rescan
check "ports are back after rescan" wait_for 20 ports_are_there
check "session after rescan" connect
check "ping after rescan" ping_through $link 1.1.1.1
