# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: --model rm520n-eac
# The module names Quectel's modules and no other maker's; a modem with Quectel's own vendor id works as well.

aliases=$(modinfo -F alias $driver)

# named VENDOR DEVICE SUBVENDOR SUBDEVICE: whether an alias matches these ids, in hexadecimal.
named() {
	local ids pattern
	ids="pci:v0000$(upper "$1")d0000$(upper "$2")sv0000$(upper "$3")sd0000$(upper "$4")bcFFsc00i00"
	for pattern in $aliases; do
		# shellcheck disable=SC2254 # a glob
		case $ids in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

upper() {
	echo "$1" | tr a-f A-F
}

if [ -n "$aliases" ]; then
	check "RM520N-GL is named" named 17cb 0308 17cb 5201
	check "RM500Q is named" named 17cb 0306 17cb 5003
	check "EM120R is named" named 1eac 1001 1eac 1001
	check "RM520N-GL by Quectel's vendor id is named" named 1eac 1004 1eac b001
	check "Telit's SDX55 is not" refused named 17cb 0306 1c5d 2000
	check "Telit's SDX65 is not" refused named 17cb 0308 1c5d 2004
	check "Sierra's SDX65 is not" refused named 17cb 0308 18d7 0200
	check "Foxconn's SDX65 is not" refused named 17cb 0308 105b e0ab
	check "Telit's SDX35 is not" refused named 17cb 011a 1c5d 2026
	check "Unisoc's RM500U is not" refused named 16c3 abcd 16c3 abcd
else
	skip "names of modules: this kernel's modules carry none"
fi

driver_up
check "the modem answers" mhictl at AT
for driver in data serial; do
	check "nobody takes its channels from the driver of $driver alone" refused test -e /sys/bus/mhi/drivers/rmnet_mhi_$driver/unbind
	check "though that is there" test -d /sys/bus/mhi/drivers/rmnet_mhi_$driver
done
# The kernel itself knows that of Qualcomm's vendor id alone.
# shellcheck disable=SC2016 # expanded within
check "nobody resets its bus, which it does not survive" refused sh -c 'echo bus >/sys/bus/pci/devices/$0/reset_method' "$(pci)"
