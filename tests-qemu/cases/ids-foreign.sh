# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# modem: --id 17cb:0308 --subsystem 1c5d:2004
# Another maker's modem with the same chip is left to its own driver, unless the user says otherwise.

need "driver loads" driver_load
check "nothing binds" test ! -e "/sys/bus/pci/devices/$(pci)/driver"
check "no interface" test ! -e /sys/class/net/$base

check "new_id is taken" sh -c 'echo 17cb 0308 1c5d 2004 0 0 2 >/sys/bus/pci/drivers/mhi_net/new_id'
check "the driver binds then" wait_for 10 bound_to mhi_net
check "as the chip that was said" dmesg_has "quectel-sdx6x modem"
check "ports appear then" wait_for 20 ports_are_there
