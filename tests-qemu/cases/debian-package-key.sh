# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: systemd
# memory: 768M
# timeout: 400
# append: module.sig_enforce=1
# module: debian-packages
# firmware: debian/variables
# A kernel that loads no module without a key that it knows, as with Secure Boot, on a machine whose firmware has DKMS's key: the package's
# module is loaded.

. /test/debian-package.sh
need "without it mhi_pci_generic has the modem" wait_for 60 bound_to mhi-pci-generic
check "the kernel asks for keys" grep -x Y /sys/module/module/parameters/sig_enforce
check "it has DKMS's from the firmware" grep 'DKMS module signing key' /proc/keys
need "installation" install_package
check "our driver has the modem" wait_for 10 bound_to mhi_net
check "ports appear" wait_for 30 ports_are_there
