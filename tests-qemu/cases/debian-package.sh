# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: systemd
# memory: 768M
# timeout: 400
# module: debian-packages
# The Debian package on a machine whose modem mhi_pci_generic has: its scripts, its udev rule with systemd's udev, the module that DKMS has
# built. It takes the modem, also at each later boot, leaves it to whom the user gave it, and gives it back when it is removed.

. /test/debian-package.sh
need "without it mhi_pci_generic has the modem" wait_for 60 bound_to mhi-pci-generic
address=$(pci)
need "installation" install_package
check "our driver has the modem" wait_for 10 bound_to mhi_net
check "for good" override_is mhi_net
check "it has brought the ports' driver" loaded mhi_wwan_ctrl
check "ports appear" wait_for 30 ports_are_there
check "session" connect
check "ping" ping_through $link 1.1.1.1
check "the session ends" disconnect
check "installation once more, as an upgrade is" install_package
check "leaves it with our driver" bound_to mhi_net

check "boot" replug
check "our driver has the modem after it" wait_for 10 bound_to mhi_net
check "for good, too" override_is mhi_net
check "and the other was loaded, too" wait_for 10 loaded mhi_pci_generic
check "boot, where mhi_pci_generic is there first" replug mhi_pci_generic
check "our driver has the modem after that, too" wait_for 20 bound_to mhi_net
check "ports appear again" wait_for 30 ports_are_there

echo "$address" >/sys/bus/pci/drivers/mhi_net/unbind
echo vfio-pci >"/sys/bus/pci/devices/$address/driver_override"
udevadm trigger --settle --action=add "/sys/bus/pci/devices/$address"
check "what a user overrides stays" override_is vfio-pci
check "and unbound" test ! -e "/sys/bus/pci/devices/$address/driver"
echo >"/sys/bus/pci/devices/$address/driver_override"

mkdir -p /etc/modprobe.d
echo 'blacklist rmnet_mhi' >/etc/modprobe.d/case.conf
check "boot with our module blacklisted" replug
check "mhi_pci_generic has the modem" wait_for 20 bound_to mhi-pci-generic
check "our module is not loaded" refused loaded rmnet_mhi
rm /etc/modprobe.d/case.conf
check "boot without that" replug
check "our driver has the modem again" wait_for 20 bound_to mhi_net

check "removal" remove_package
check "mhi_pci_generic has the modem again" wait_for 10 bound_to mhi-pci-generic
check "and any driver may" override_is "(null)"
check "our module is gone" refused loaded rmnet_mhi
check "the kernel's ports appear" wait_for 30 test -c $qmi

# Secure Boot asks for signatures likewise; this kernel does not know DKMS's key.
echo 1 >/sys/module/module/parameters/sig_enforce
check "installation where the kernel asks for keys" install_package
check "the module is signed with DKMS's" sh -c "modinfo -F signer rmnet_mhi | grep -x 'DKMS module signing key'"
check "the kernel does not know it" sh -c "modprobe rmnet_mhi 2>&1 | grep 'Key was rejected by service'"
check "so mhi_pci_generic keeps the modem" bound_to mhi-pci-generic
