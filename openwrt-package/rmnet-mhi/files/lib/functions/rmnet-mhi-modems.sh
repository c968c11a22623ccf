# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC3043 # local: busybox and dash have it
# Which PCI functions are rmnet_mhi's, and how the kernel's mhi_pci_generic hands them over and has them back. Sourced by rmnet-mhi.sh on
# OpenWrt, and by the Debian package's /usr/lib/rmnet-mhi/hand-over.

MHI_SYS=${MHI_SYS:-/sys} # the tests have one of their own
MHI_DRIVER=mhi_net # what our driver is called on the PCI bus

# vendor:device:subvendor:subdevice, the exceptions first (with a "!"). The driver's table is src/modem.rs; a test holds this
# one to it.
mhi_ids() {
	cat <<-END
		!17cb:0306:17cb:010c
		17cb:0306:17cb:*
		17cb:0306:1eac:*
		17cb:0308:17cb:*
		17cb:0308:1eac:*
		17cb:0309:17cb:*
		17cb:0309:1eac:*
		17cb:011a:17cb:*
		17cb:011a:1eac:*
		1eac:1001:*:*
		1eac:1002:*:*
		1eac:100d:*:*
		1eac:2001:*:*
		1eac:1004:*:*
		1eac:1007:*:*
		1eac:100b:*:*
	END
}

# Whether the driver takes a PCI function, given its address.
mhi_is_ours() {
	local device="$MHI_SYS/bus/pci/devices/$1" part word id='' pattern
	for part in vendor device subsystem_vendor subsystem_device; do
		word=''
		read -r word 2>/dev/null <"$device/$part"
		id="$id:${word#0x}"
	done
	id=${id#:}
	while read -r pattern; do
		# shellcheck disable=SC2254 # a pattern it is
		case "!$id" in
		$pattern) return 1 ;;
		!$pattern) return 0 ;;
		esac
	done <<-END
		$(mhi_ids)
	END
	return 1
}

# The driver of a PCI function, or nothing.
mhi_driver_of() {
	local link
	link=$(readlink "$MHI_SYS/bus/pci/devices/$1/driver") && echo "${link##*/}"
}

# ---- who drives them

mhi_write() { # TEXT FILE
	echo "$1" 2>/dev/null >"$2"
}

# Gives one of our modems to our driver, if no other than the kernel's mhi_pci_generic has it.
mhi_take() {
	local device="$MHI_SYS/bus/pci/devices/$1" drivers="$MHI_SYS/bus/pci/drivers" override='' tries=5
	mhi_is_ours "$1" || return 0
	read -r override 2>/dev/null <"$device/driver_override"
	case $override in
	'' | '(null)' | "$MHI_DRIVER") ;;
	*) return 0 ;; # somebody's wish, for example vfio-pci
	esac
	# Without our module the modem would be left without any driver.
	[ -d "$drivers/$MHI_DRIVER" ] || [ -e "/lib/modules/$(uname -r)/rmnet_mhi.ko" ] || return 0

	while :; do
		case "$(mhi_driver_of "$1")" in
		'' | mhi-pci-generic | "$MHI_DRIVER") ;;
		*) return 0 ;; # another maker's driver that somebody installed
		esac
		# Also where it has it: it shall have it again.
		mhi_write "$MHI_DRIVER" "$device/driver_override"
		[ "$(mhi_driver_of "$1")" != "$MHI_DRIVER" ] || return 0
		# Until our driver is there the kernel's keeps what it has; before boot's modules are loaded, it has nothing.
		[ -d "$drivers/$MHI_DRIVER" ] || return 0
		[ ! -e "$device/driver" ] || mhi_write "$1" "$drivers/mhi-pci-generic/unbind"
		mhi_write "$1" "$MHI_SYS/bus/pci/drivers_probe"
		[ "$(mhi_driver_of "$1")" != "$MHI_DRIVER" ] || return 0
		# The kernel's driver may be binding just now: an event of the bus comes before its probe is over.
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 1
	done
}

mhi_take_all() {
	local device
	for device in "$MHI_SYS"/bus/pci/devices/*; do
		[ ! -e "$device/vendor" ] || mhi_take "${device##*/}"
	done
}

# Back to whom the kernel would give them without this package.
mhi_give_back_all() {
	local device address override taken=''
	for device in "$MHI_SYS"/bus/pci/devices/*; do
		override=''
		read -r override 2>/dev/null <"$device/driver_override"
		[ "$override" = "$MHI_DRIVER" ] || continue
		mhi_write '' "$device/driver_override"
		taken="$taken ${device##*/}"
	done
	[ -d "$MHI_SYS/bus/pci/drivers/mhi-pci-generic" ] || return 0
	# Its ids match our driver too, so it goes first, if nothing keeps it.
	rmmod rmnet_mhi 2>/dev/null
	for address in $taken; do
		[ "$(mhi_driver_of "$address")" != "$MHI_DRIVER" ] || mhi_write "$address" "$MHI_SYS/bus/pci/drivers/$MHI_DRIVER/unbind"
		mhi_write "$address" "$MHI_SYS/bus/pci/drivers_probe"
	done
	# For those that the kernel's driver does not know.
	modprobe rmnet_mhi 2>/dev/null
	return 0
}
