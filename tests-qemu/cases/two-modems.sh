# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modems: 2
# timeout: 400
#
#     rmnet_mhi0 -- rmnet_mhi0.1   modem   mhictl connect --device PCI
#     rmnet_mhi1 -- rmnet_mhi1.1   modem2  mhictl connect --device PCI
#
# Two modems in one machine, each with a session on the same mux id, and with the same address for all anybody knows: each crashes, goes and
# comes without the other; then they have each other's wwanN, and no session mistakes the modem for that.

first=$(pci | head -n 1)
second=$(pci | tail -n 1)
netdevs() {
	[ -e /sys/class/net/rmnet_mhi0 ] && [ -e /sys/class/net/rmnet_mhi1 ]
}

# netdev_of FUNCTION, wwan_of FUNCTION, state_of FUNCTION
netdev_of() {
	local name
	for name in rmnet_mhi0 rmnet_mhi1; do
		[ "$(basename "$(readlink /sys/class/net/$name/device)")" != "$1" ] || echo $name
	done
}

wwan_of() {
	mhictl devices | sed -n "s/^\(wwan[0-9]*\) $1 .*wwan[0-9]*qmi.*/\1/p"
}

state_of() {
	cat "/sys/bus/pci/devices/$1/modem_state"
}

is_up() {
	[ "$(state_of "$1")" = up ]
}

has_port() {
	[ -n "$(wwan_of "$1")" ]
}

# start NUMBER FUNCTION: a session in the background; its process is $pid_NUMBER.
start() {
	mhictl connect --apn internet --device "$2" --no-dns --metric "$1" >/tmp/mhictl.$1 2>&1 &
	eval "pid_$1=$!"
}

# came_up NUMBER TIMES
came_up() {
	[ "$(grep -c '^connected: ' /tmp/mhictl.$1)" -ge "$2" ]
}

# runs PROCESS
runs() {
	kill -0 "$1"
}

check "there are two" test "$first" != "$second"
need "driver loads" driver_load
need "both have an interface" wait_for 15 netdevs
need "the first has its ports" wait_for 30 has_port "$first"
need "the second has its ports" wait_for 30 has_port "$second"
link_1=$(netdev_of "$first").1
link_2=$(netdev_of "$second").1
check "which are two" test "$link_1" != "$link_2"
check "without --device, mhictl asks for it" exits 2 "several modems.*" mhictl status
check "and so does connect" exits 2 "several modems.*--device" mhictl connect --apn internet

start 1 "$first"
start 2 "$second"
check "session 1 is up" wait_for 60 came_up 1 1 || cat /tmp/mhictl.1
check "session 2 is up" wait_for 60 came_up 2 1 || cat /tmp/mhictl.2
check "session 1 has its modem's link" grep "^connected: $link_1\$" /tmp/mhictl.1
check "session 2 has its modem's link" grep "^connected: $link_2\$" /tmp/mhictl.2
check_equal "by way of one proxy" 1 "$(proxies)"
check_equal "the first modem has one call" "calls=1" "$(order modem qmi stats | grep -o 'calls=[0-9]*')"
check_equal "the second modem, too" "calls=1" "$(order modem2 qmi stats | grep -o 'calls=[0-9]*')"
indexes=$(cat /sys/class/net/$link_1/ifindex /sys/class/net/$link_2/ifindex)

# both SEED: transfers over both at once, each through its own.
both() {
	local status=0 process
	(link=$link_1 transfer tcp-echo $ipv4 "$1" 2000000) &
	process=$!
	(link=$link_2 transfer tcp-echo $ipv4 $(($1 + 1)) 2000000) || status=1
	wait $process || status=1
	return $status
}
check "transfers over both at once" both 1

# The first one alone crashes, under the other's pings.
ping -q -c 100 -i 0.05 -W 5 -I $link_2 1.1.1.1 >/tmp/ping.2 &
ping=$!
order modem sys_err
check "session 1 comes back after its modem's crash" wait_for 90 came_up 1 2
wait $ping
check "session 2 lost nothing by it" grep ' 0% packet loss' /tmp/ping.2
check_equal "session 2 was never away" 1 "$(grep -c '^connected: ' /tmp/mhictl.2)"
check_equal "crashes of the first" 1 "$(counter "${link_1%.1}" modem_crashes)"
check_equal "crashes of the second" 0 "$(counter "${link_2%.1}" modem_crashes)"

order modem sys_err
order modem2 sys_err
check "session 1 comes back after a crash of both" wait_for 120 came_up 1 3
check "session 2, too" wait_for 120 came_up 2 2
check_equal "on the interfaces that they had" "$indexes" "$(cat /sys/class/net/$link_1/ifindex /sys/class/net/$link_2/ifindex)"

# Both go, and the one that was wwan0 comes last.
was_first=$(wwan_of "$first")
was_second=$(wwan_of "$second")
for function in "$first" "$second"; do
	echo "$function" >/sys/bus/pci/drivers/mhi_net/unbind
done
early=$second late=$first
[ "$was_first" = wwan0 ] || early=$first late=$second
echo "$early" >/sys/bus/pci/drivers/mhi_net/bind
check "the other one is up first" wait_for 30 has_port "$early"
echo "$late" >/sys/bus/pci/drivers/mhi_net/bind
check "session 1 comes back with its modem" wait_for 90 came_up 1 4
check "session 2 comes back with its modem" wait_for 90 came_up 2 3
check_equal "the modems have each other's name now" "$was_second $was_first" "$(wwan_of "$first") $(wwan_of "$second")"
before=$link_1
link_1=$(netdev_of "$first").1
link_2=$(netdev_of "$second").1
check_equal "and each other's interface" "$before" "$link_2"
check_equal "session 1 went with its modem" "connected: $link_1" "$(grep '^connected: ' /tmp/mhictl.1 | tail -n 1)"
check_equal "session 2, too" "connected: $link_2" "$(grep '^connected: ' /tmp/mhictl.2 | tail -n 1)"
check "ping through session 1" ping_through $link_1 1.1.1.1
check "ping through session 2" ping_through $link_2 1.1.1.1
check "transfers over both at once after it" both 3
mhictl status --json --device "$(wwan_of "$first")" >/tmp/status.json
cat /tmp/status.json
check "status by the new name shows the modem's own session" grep "\"pci\":\"$first\".*\"sessions\":\[{.*\"link\":\"$link_1\"" /tmp/status.json
check "and not the other one's" refused grep "$link_2" /tmp/status.json

# One of them goes and comes; then it goes, and its session is ended by the name that it had.
echo "$second" >/sys/bus/pci/drivers/mhi_net/unbind
check "the second modem's interface is gone" test ! -e "/sys/class/net/${link_2%.1}"
check "session 1 goes on" ping_through $link_1 1.1.1.1
check "session 2 waits" runs "$pid_2"
echo "$second" >/sys/bus/pci/drivers/mhi_net/bind
check "session 2 comes back with its modem" wait_for 90 came_up 2 4
check "ping through session 2 again" ping_through $link_2 1.1.1.1

check_equal "disconnect by a name ends that modem's session" "disconnected: $(wwan_of "$first") mux 129" \
	"$(mhictl disconnect --device "$(wwan_of "$first")" | sed 's/ (0x81).*//')"
wait "$pid_1"
check_equal "which ends cleanly" 0 $?
check "the other one goes on" ping_through $link_2 1.1.1.1

gone=$(wwan_of "$second")
echo "$second" >/sys/bus/pci/drivers/mhi_net/unbind
check "session 2 waits again" runs "$pid_2"
check_equal "disconnect by the name that its modem had" "disconnected: $gone mux 129" \
	"$(mhictl disconnect --device "$gone" | sed 's/ (0x81).*//')"
wait "$pid_2"
check_equal "it ends cleanly" 0 $?
check_equal "nothing is left in the first modem" "clients=0 calls=0" "$(order modem qmi stats | grep -o 'clients=[0-9]* calls=[0-9]*')"
check "the driver goes" driver_unload
