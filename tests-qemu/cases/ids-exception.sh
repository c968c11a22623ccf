# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# modem: --id 17cb:0306 --subsystem 17cb:010c
# Foxconn's T99W175 has Qualcomm's subsystem vendor, so the table matches it, and probe refuses: its own driver gets it.

need "driver loads" driver_load
check "we do not bind it" refused wait_for 2 bound_to mhi_net
check "no interface" test ! -e /sys/class/net/$base
need "the kernel's driver loads" modprobe mhi_pci_generic
check "the kernel's driver binds it" wait_for 5 bound_to mhi-pci-generic
