# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# The emulated modem comes back from all that a machine does to it.

stock_up
stock_online "first" || abort "rest of the case: the first session"

for round in 1 2 3; do
	check "unload $round" modprobe -r mhi_net mhi_wwan_ctrl mhi_pci_generic
	check "load $round" modprobe -a mhi_pci_generic mhi_wwan_ctrl mhi_net
done
stock_online "reloaded"

check "function-level reset" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/reset"
stock_online "after FLR"

check "SYS_ERR is injected" modem sys_err
stock_online "after SYS_ERR"

device=$(pci)
echo 1 >"/sys/bus/pci/devices/$device/remove"
check "removed from the bus" test ! -e "/sys/bus/pci/devices/$device"
echo 1 >/sys/bus/pci/rescan
stock_online "after rescan"
