# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# modem: --id 1eac:1007 --subsystem 1eac:b001 --mbim --request absent,silent
# timeout: 240
# The mode that the module's user chooses, and the one that a family has, with a modem that refuses nothing or does not answer.

loaded_as() {
	check "mode=$1: loads" driver_load mode="$1"
	check_equal "mode=$1: shown" "$1" "$(cat /sys/module/rmnet_mhi/parameters/mode)"
	check "mode=$1: the modem is up" wait_for 30 state_is up
}

mbim_modules
check "nonsense is refused" refused driver_load mode=usb
check "with a sentence" dmesg_has "mode is auto, qmi or mbim"

need "our driver loads" driver_load
need "the family speaks MBIM" wait_for 30 mbim_is_there
check "nothing was tried first" refused dmesg_has "the modem refuses"
check "session" mbim_online
check "ping" ping_through wwan0 1.1.1.1
exec 9<&-
check "our driver goes" driver_unload

loaded_as qmi
check "mode=qmi: there is an interface for QMAP" test -e /sys/class/net/$base
check "mode=qmi: and no MBIM port" test ! -e $mbim_port
check "mode=qmi: a silent port is told of, with the cure" exits 9 "in MBIM mode" mhictl connect --apn internet --timeout 5
check "mode=qmi: our driver goes" driver_unload

modem absent refused
loaded_as qmi
check "mode=qmi: a refusal changes nothing" test -e /sys/class/net/$base
check "mode=qmi: our driver goes again" driver_unload

modem absent ignored
loaded_as mbim
check "mode=mbim: port and interface" wait_for 20 mbim_is_there
check "mode=mbim: session" mbim_online
exec 9<&-
check "mode=mbim: our driver goes" driver_unload
check "no mode was tried" refused dmesg_has "the modem refuses"
