# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The Debian package, as tests-qemu/debian-packages leaves it for guests: what dpkg, DKMS and a boot make of it. Sourced by its cases.

package=/lib/modules/guest/package
built=/lib/modules/guest/rmnet_mhi.ko
dkms=/lib/modules/$(uname -r)/updates/dkms

[ -e $built ] || {
	skip "Debian package: DKMS builds for Debian's kernels"
	leave
}

mkdir -p /etc/modprobe.d # Debian has it

# As at each boot, but in this image: udev loads drivers for what is there.
udevadm trigger --settle --action=add --subsystem-match=pci

# DKMS itself has no place here: what it has built, it has built.
install_package() {
	mkdir -p $dkms /usr/lib/dkms
	printf '#!/bin/sh\n' >/usr/lib/dkms/common.postinst
	printf '#!/bin/sh\n' >/usr/sbin/dkms
	chmod 755 /usr/lib/dkms/common.postinst /usr/sbin/dkms
	cp -r $package/usr / && cp $built $dkms/ && depmod && udevadm control --reload && sh $package/DEBIAN/postinst configure
}

remove_package() {
	rm $dkms/rmnet_mhi.ko && depmod && sh $package/DEBIAN/prerm remove
}

override_is() {
	[ "$(cat "/sys/bus/pci/devices/$address/driver_override")" = "$1" ]
}

loaded() {
	[ -e "/sys/module/$1" ]
}

# replug [MODULE]: as if the machine booted, with no driver loaded, or with this one that knows the modem before udev does.
replug() {
	echo 1 >"/sys/bus/pci/devices/$address/remove"
	udevadm control --reload
	rmmod rmnet_mhi 2>/dev/null
	rmmod mhi_pci_generic 2>/dev/null
	[ $# = 0 ] || modprobe "$1"
	echo 1 >/sys/bus/pci/rescan
	udevadm settle
}
