# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# Which PCI functions the driver gets, and gives back: ours from the kernel's driver, never another maker's, never from
# somebody else's driver or against somebody's wish.

mkdir -p /lib/modules/"$(uname -r)" /var/run/rmnet-mhi
: >/lib/modules/"$(uname -r)"/rmnet_mhi.ko
drivers=$MHI_SYS/bus/pci/drivers
mkdir -p "$drivers/mhi-pci-generic" "$drivers/vfio-pci" "$drivers/theirs"
pci_function 0000:01:00.0 17cb:0308:17cb:5201 # RM520N-GL
pci_function 0000:02:00.0 17cb:0306:17cb:010c # Foxconn
pci_function 0000:03:00.0 17cb:0308:1c5d:2015 # Telit
pci_function 0000:04:00.0 17cb:0306:17cb:5003 # RM500Q, for a guest
pci_function 0000:05:00.0 1eac:100b:1eac:0001 # RM255, unknown to the kernel's driver
pci_function 0000:06:00.0 1eac:1004:1eac:1004 # RM520N-GL, with a driver that somebody has built
pci_function 0000:07:00.0 8086:1533:8086:0001 # no modem
for address in 01 02 03; do
	bind 0000:$address:00.0 mhi-pci-generic
done
bind 0000:06:00.0 theirs
echo vfio-pci >"$MHI_SYS/bus/pci/devices/0000:04:00.0/driver_override"

# What the kernel makes of a write: a modem leaves a driver, or is bound to its override, or to the first that takes it; ours
# is not the first.
cat >>/lib/functions/rmnet-mhi.sh <<'END'
mhi_write() {
	local file="$MHI_SYS/bus/pci/devices/$1"
	case $2 in
	*/unbind)
		rm "$file/driver"
		echo "$1" >>/tmp/unbound
		;;
	*/drivers_probe)
		file=$(cat "$file/driver_override")
		case $1:$file in
		0000:05:00.0:) file=mhi_net ;;
		*:) file=mhi-pci-generic ;;
		esac
		[ ! -d "$MHI_SYS/bus/pci/drivers/$file" ] ||
			ln -sfn "../../../bus/pci/drivers/$file" "$MHI_SYS/devices/pci0000:00/$1/driver"
		;;
	*) echo "$1" >"$2" ;;
	esac
}
END
drivers_are() {
	for address in 01 02 03 04 05 06 07; do
		link=$(readlink "$MHI_SYS/bus/pci/devices/0000:$address:00.0/driver")
		echo "$address:${link##*/}"
	done
}
overrides_are() {
	for address in 01 02 03 04 05 06 07; do
		echo "$address:$(cat "$MHI_SYS/bus/pci/devices/0000:$address:00.0/driver_override")"
	done
}
init() {
	(
		unset -f start stop
		. /lib/functions.sh
		. /etc/init.d/rmnet-mhi
		"$1"
	)
}

# Before our module is loaded nobody loses its driver; the wish is written down.
init start
is "drivers before the module" "01:mhi-pci-generic
02:mhi-pci-generic
03:mhi-pci-generic
04:
05:
06:theirs
07:" drivers_are
is "overrides" "01:mhi_net
02:(null)
03:(null)
04:vfio-pci
05:mhi_net
06:(null)
07:(null)" overrides_are

# Once it is, they move.
mkdir "$drivers/mhi_net"
init start
is "drivers" "01:mhi_net
02:mhi-pci-generic
03:mhi-pci-generic
04:
05:mhi_net
06:theirs
07:" drivers_are
is "unbound" "0000:01:00.0" cat /tmp/unbound

# A modem that comes later, and one that is none of ours.
pci_function 0000:08:00.0 17cb:0309:1eac:0001
bind 0000:08:00.0 mhi-pci-generic
hotplug pci ACTION=add PCI_SLOT_NAME=0000:08:00.0
is "the driver of a late one" ../../../bus/pci/drivers/mhi_net readlink "$MHI_SYS/devices/pci0000:00/0000:08:00.0/driver"
hotplug pci ACTION=add PCI_SLOT_NAME=0000:03:00.0
hotplug pci ACTION=remove PCI_SLOT_NAME=0000:08:00.0

# An upgrade leaves all as it is, removal gives back.
config </dev/null
PKG_UPGRADE=1 init stop
is "override after an upgrade" mhi_net cat "$MHI_SYS/bus/pci/devices/0000:01:00.0/driver_override"
init stop
is "overrides after removal" "01:
02:(null)
03:(null)
04:vfio-pci
05:
06:(null)
07:(null)" overrides_are
is "drivers after removal" "01:mhi-pci-generic
02:mhi-pci-generic
03:mhi-pci-generic
04:
05:mhi_net
06:theirs
07:" drivers_are

# Without our module on the router at all, nothing is touched.
rm -rf /lib/modules "$drivers/mhi_net"
init start
is "override without the module" "" cat "$MHI_SYS/bus/pci/devices/0000:01:00.0/driver_override"
