# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# OpenWrt's scripts on a modem: they take it from the kernel's driver, two interfaces of protocol mhi come up by mhictl, one is
# told of a release, both survive a crash, an absent SIM is explained; the modem is given back. netifd is a stand-in
# (tests-qemu/netifd), which records what it is told and sets nothing.

stock_up
need "our driver loads beside the kernel's" driver_load
cp -a /test/openwrt/lib/. /usr/lib/
cp -a /test/openwrt/etc/. /etc/
cp -a /test/netifd/standin/lib/. /usr/lib/
mkdir -p /etc/config /var/run
ln -s /usr/bin/busybox /busybox
. /test/netifd/standin/netifd.sh
. /lib/functions.sh
. /lib/functions/rmnet-mhi.sh

check "the modem stays where it is" bound_to mhi-pci-generic
check "its id is known" mhi_is_ours "$(pci)"
check "taking it" mhi_take_all
check "our driver has it" bound_to mhi_net
check "taking it again changes nothing" mhi_take_all
need "ports appear" wait_for 20 ports_are_there
check_equal "it is found" "$(pci)" "$(mhi_modems)"
check_equal "by its name" "$(pci)" "$(mhi_modems wwan0)"
check_equal "by its path" "$(pci)" "$(mhi_modems "$(readlink -f "/sys/bus/pci/devices/$(pci)")")"

cat >/etc/config/network <<'END'
config interface 'wwan'
	option proto 'mhi'
	option apn 'internet'
	option pincode '1234'
config interface 'ims'
	option proto 'mhi'
	option apn 'ims'
	option pdptype 'ip'
	option defaultroute '0'
	option mtu '1400'
END
# What is for sessions of other programs is not for netifd's.
mkdir -p /etc/mhictl
cat >/etc/mhictl/config.toml <<'END'
apn = "elsewhere"
share = "br-lan"
END

in_state() {
	[ "$(state_of "$1")" = "$2" ]
}

# told INTERFACE TEXT: the last message has it.
told() {
	tail -n 1 "/tmp/calls.$1" | grep -F "$2"
}

start_netifd
need "wwan is up" wait_for 60 in_state wwan up
need "ims is up" wait_for 60 in_state ims up
cat /tmp/calls.*
check "IPv4 address of wwan" told wwan '"ipaddr": [ { "ipaddr": "10.64.129.2", "mask": "28" } ]'
check "gateway of wwan" told wwan '{ "target": "0.0.0.0", "netmask": "0", "gateway": "10.64.129.3" }'
check "IPv6 address of wwan" told wwan '"mask": "128" } ], "routes"'
check "prefix of wwan" grep -E '"ip6prefix": \[ "2001:[0-9a-f:]*\\/64" \]' /tmp/calls.wwan
check "name servers of wwan" told wwan '"dns": [ "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111'
check "data of wwan" told wwan "\"data\": { \"modem\": \"$(pci)\", \"device\": \"wwan0\", \"mux\": 129, \"mtu\": 1500 }"
check "link of ims" told ims '"ifname": "rmnet_mhi0_2"'
check "address of ims" told ims '"ipaddr": "10.64.130.2"'
check "no default route by ims" refused told ims '"0.0.0.0"'
check "MTU of ims" told ims '"mtu": 1400'
check_equal "MTU of its link" 1400 "$(cat /sys/class/net/rmnet_mhi0_2/mtu)"
check "mhictl leaves addresses to netifd" refused has_address rmnet_mhi0_1
check "no PIN in a command line" refused grep -aq 1234 /proc/[0-9]*/cmdline

ip addr add 10.64.129.2/28 dev rmnet_mhi0_1
check "ping through wwan" ping_through rmnet_mhi0_1 1.1.1.1
check "by its usual name" ping_through rmnet_mhi0.1 1.1.1.1
check "the same of OpenWrt's ping" busybox ping -c 1 -W 5 -I rmnet_mhi0.1 1.1.1.1
check "no other session takes its link" exits 11 "rmnet_mhi0_1 exists and is no link of rmnet_mhi0 with mux id 131" \
	mhictl connect --mux 131 --link rmnet_mhi0_1 --config /dev/null
check_equal "which stays" up "$(state_of wwan)"

modem qmi network-release 129
check "the release is told" wait_for 10 in_state wwan pending
check_equal "ims stays" up "$(state_of ims)"
check "wwan is back" wait_for 30 in_state wwan up

index=$(cat /sys/class/net/rmnet_mhi0_1/ifindex)
modem sys_err
check "the crash is told to wwan" wait_for 20 in_state wwan pending
check "and to ims" wait_for 20 in_state ims pending
check "wwan is back after the crash" wait_for 90 in_state wwan up
check "ims is back after the crash" wait_for 90 in_state ims up
check_equal "on the same link" "$index" "$(cat /sys/class/net/rmnet_mhi0_1/ifindex)"

# What netifd does when a connection is lost: it sets the link and the base down, and up again when it is back.
ip link set rmnet_mhi0_1 down
ip link set rmnet_mhi0 down
modem qmi network-release 129
check "the second release is told" wait_for 10 in_state wwan pending
check "wwan comes back while its links are down" wait_for 30 in_state wwan up
ip link set rmnet_mhi0 up
ip link set rmnet_mhi0_1 up
ip addr replace 10.64.129.2/28 dev rmnet_mhi0_1
check "ping after the links were down" ping_through rmnet_mhi0_1 1.1.1.1

interface_down ims
check "ims ends" wait_for 6 in_state ims down
check "its link is gone" wait_for 2 test ! -e /sys/class/net/rmnet_mhi0_2
check_equal "wwan stays" up "$(state_of wwan)"
# Somebody's session by hand, and killed, has left a link of the usual name.
mhictl connect --mux 130 --config /dev/null --no-address >/tmp/killed &
need "a session by hand" wait_for 20 grep -q ^connected: /tmp/killed
kill -9 $!
check "it leaves its link" test -e /sys/class/net/rmnet_mhi0.2
interface_up ims
check "ims takes its place" wait_for 30 in_state ims up
check "by its own name" told ims '"ifname": "rmnet_mhi0_2"'
interface_down ims
check "ims ends again" wait_for 6 in_state ims down

# netifd dies, and another is started.
process=$(processes "--link rmnet_mhi0_1")
check "netifd dies" kill -KILL "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")"
check "its mhictl ends" wait_for 10 test ! -e "/proc/$process"
check "its link is gone, too" test ! -e /sys/class/net/rmnet_mhi0_1
start_interface wwan
check "the next one has wwan up" wait_for 60 in_state wwan up

interface_down wwan
check "wwan ends" wait_for 6 in_state wwan down

modem qmi sim absent
interface_up wwan
check "an absent SIM is told" wait_for 30 grep '"error": \[ "SIM_ABSENT", ' /tmp/calls.wwan
check_equal "and shown" SIM_ABSENT "$(error_of wwan)"
interface_down wwan
wait_for 6 in_state wwan down
modem qmi sim ready

check "giving it back" mhi_give_back_all
check "the kernel's driver has it" wait_for 5 bound_to mhi-pci-generic
check "its ports appear" wait_for 20 stock_ports
