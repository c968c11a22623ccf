# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: systemd
# memory: 768M
# timeout: 200
# modem: --id 17cb:0308 --subsystem 1c5d:2004
# module: debian-packages
# Another maker's modem with the same chip: the Debian package leaves it to mhi_pci_generic, and does not even load the module.

. /test/debian-package.sh
need "without the package mhi_pci_generic has the modem" wait_for 60 bound_to mhi-pci-generic
address=$(pci)
check "installation" install_package
check "boot" replug
check "mhi_pci_generic has the modem" wait_for 20 bound_to mhi-pci-generic
check "any driver may have it" override_is "(null)"
check "the module is not loaded" refused loaded rmnet_mhi
check "removal" remove_package
check "mhi_pci_generic has the modem still" bound_to mhi-pci-generic
