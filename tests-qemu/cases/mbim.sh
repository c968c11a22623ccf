# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# modem: --model rm520n-eac --mbim
# timeout: 240
#
#     mbimcli -- wwan0mbim0 -- mhi_wwan_ctrl -- 12/13 ----+
#     wwan0 -- mhi_wwan_mbim -- NTB16 -- 100/101 ---------+-- rmnet_mhi, later mhi_pci_generic
#
# A modem in MBIM mode on our controller: found out, used by the kernel's own drivers, brought up again after a crash, given back.

device=/sys/bus/pci/devices/$(pci)

runtime_status_is() {
	[ "$(cat "$device/power/runtime_status")" = "$1" ]
}

# online_again SECONDS: the interface went with its channels, and came back with them.
online_again() {
	check "$1: the modem is up" wait_for "${2:-30}" state_is up
	check "$1: port and interface are back" wait_for 20 mbim_is_there
	check "$1: session" wait_for 20 mbim_online
	check "$1: ping" ping_through wwan0 1.1.1.1
}

mbim_modules
need "our driver loads" driver_load
need "port and interface appear" wait_for 30 mbim_is_there
check "the log tells why" dmesg_has "the modem refuses QMI: trying MBIM"
check "our driver has it" bound_to mhi_net
check "the modem is up" wait_for 15 state_is up
check "there is no QMI port" test ! -e $qmi
check "there is no interface for QMAP" test ! -e /sys/class/net/$base

need "session" mbim_online
check "ping" ping_through wwan0 1.1.1.1 10
check "large ping" ping -c 3 -W 5 -s 1400 -I wwan0 1.1.1.1
link=wwan0
modem data stats reset >/dev/null
check "TCP download, content compared" transfer tcp-get $ipv4 1 4000000
check "TCP upload, content compared" transfer tcp-put $ipv4 2 4000000
check_equal "the modem found nothing wrong with what came" 0 $(($(wrong) + $(figure ul_out_of_sequence)))

check "AT port" mhictl at AT
check "mhictl info names the mode" sh -c "mhictl info --json | grep -q '\"data_mode\":\"mbim\"'"
check "mhictl connect says what it cannot do" exits 3 "in MBIM mode" mhictl connect --apn internet

check "sleep is allowed" sh -c "echo auto >$device/power/control"
check "the modem sleeps" wait_for 30 runtime_status_is suspended
check "a ping wakes it" ping -c 3 -W 5 -I wwan0 1.1.1.1
echo on >"$device/power/control"

ping -i 0.01 -s 1200 -q -I wwan0 1.1.1.1 >/dev/null 2>&1 &
check "a crash under load is ordered" modem sys_err interrupt
check "it is noticed" wait_for 20 dmesg_has "the modem's firmware crashed; restarting it"
online_again "after the crash"
kill $! 2>/dev/null
check "only a reset of its processors cures the next one" modem numb soc
check "that is noticed" wait_for 20 state_is restarting
online_again "after the reset" 60
check_equal "it was found out once" 1 "$(dmesg | grep -c 'trying MBIM')"

exec 9<&-
check "our driver goes" driver_unload
check "port and interface go" wait_for 10 sh -c "[ ! -e $mbim_port ] && [ ! -e /sys/class/net/wwan0 ]"
if modprobe -n mhi_pci_generic; then
	need "mhi_pci_generic loads" modprobe mhi_pci_generic
	check "it binds as before" wait_for 10 bound_to mhi-pci-generic
	check "its port and interface appear" wait_for 20 mbim_is_there
	check "session by the kernel's own driver" wait_for 20 mbim_online
	check "ping by the kernel's own driver" ping_through wwan0 1.1.1.1
fi
