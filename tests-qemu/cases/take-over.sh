# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The README's way to take one modem from the kernel's own driver, and to give it back.

stock_up
device=/sys/bus/pci/devices/$(pci)
need "our driver loads beside it" driver_load
check "the modem stays where it is" bound_to mhi-pci-generic

override() {
	echo "$1" >"$device/driver_override"
	[ ! -e "$device/driver" ] || basename "$device" >"$device/driver/unbind"
	basename "$device" >/sys/bus/pci/drivers_probe
}
check "hand over" override mhi_net
check "our driver has it" wait_for 5 bound_to mhi_net
check "ports appear" wait_for 15 ports_are_there
need "session" connect
check "ping" ping_through $link 1.1.1.1
check "disconnect" disconnect

check "our driver goes" driver_unload
check "give back" override ''
check "the kernel's driver has it" wait_for 5 bound_to mhi-pci-generic
check "its ports appear" wait_for 20 stock_ports
