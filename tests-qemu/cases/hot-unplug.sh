# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: --replug
# timeout: 300
# The modem is pulled out of its slot under traffic, and plugged in again; unbound and bound; and taken from the bus while it sleeps.

driver_up
for round in 1 2 3; do
	check "session $round" connect || break
	check "traffic $round" under_traffic
	load=$!
	check "unplug $round" monitor '{"execute":"device_del","arguments":{"id":"modem0"}}'
	check "it is gone $round" wait_for 30 unplugged || break
	kill $load $session 2>/dev/null
	wait
	check "the modem waits $round" wait_for 20 listens $((round + 1)) || break
	check "plug in $round" wait_for 20 plugged
	check "ports are back $round" wait_for 40 ports_are_there || break
done
check "session after it" connect
check "ping after it" ping_through $link $ipv4
check "disconnect" disconnect

rebind() {
	echo $1 >/sys/bus/pci/drivers/mhi_net/unbind && [ ! -e /sys/class/net/$base ] &&
		echo $1 >/sys/bus/pci/drivers/mhi_net/bind && wait_for 20 ports_are_there
}

# As a daemon does that wants its link back: its request may come when the driver's links are gone and the base is not yet.
make_links() {
	while :; do
		ip link add link $base name again$1 type rmnet mux_id $1
	done
}

make_links 70 >/dev/null 2>&1 &
makers=$!
make_links 71 >/dev/null 2>&1 &
makers="$makers $!"
cycle=0
while [ $cycle -lt 20 ] && rebind "$(pci)"; do
	cycle=$((cycle + 1))
done
check_equal "unbound and bound while somebody makes links" 20 $cycle
kill $makers

check "it may sleep" power control auto
check "it does" wait_for 20 power_is suspended
check "taken from the bus while it sleeps" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/remove"
check "it is gone" unplugged
check "rescan" sh -c 'echo 1 >/sys/bus/pci/rescan'
check "ports are back" wait_for 20 ports_are_there
check "it may sleep, again" power control auto
check "it does, again" wait_for 20 power_is suspended
check "unplugged while it sleeps" monitor '{"execute":"device_del","arguments":{"id":"modem0"}}'
check "it is gone, again" wait_for 30 unplugged
check "the driver goes" driver_unload
