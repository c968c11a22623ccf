# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC3043 # local: busybox has it
# The modems of rmnet_mhi, as the scripts of this package see them: which PCI functions are ours (rmnet-mhi-modems.sh), which one an
# interface means, whose ports they are. Sourced by the netifd handler, its hook, the init script and the hotplug scripts.

MHI_RUN=${MHI_RUN:-/var/run/rmnet-mhi}

# shellcheck source=openwrt-package/rmnet-mhi/files/lib/functions/rmnet-mhi-modems.sh
. /lib/functions/rmnet-mhi-modems.sh

# ---- which modem

# The PCI function that something in sysfs belongs to, if our driver has it.
mhi_function_of() {
	local path
	path=$(readlink -f "$1") || return 1
	while [ -n "$path" ] && [ "$path" != / ]; do
		if [ -e "$path/vendor" ] && [ -e "$path/device" ]; then
			path=${path##*/}
			[ "$(mhi_driver_of "$path")" = "$MHI_DRIVER" ] && echo "$path"
			return
		fi
		path=${path%/*}
	done
	return 1
}

# The functions of the modems that are up, that is, that have a QMI port: all of them, or those that a name stands for: a PCI
# address, wwan0, /dev/wwan0qmi0 or a path in sysfs.
mhi_modems() {
	local name=$1 port function wanted=''
	case $name in
	'') ;;
	"$MHI_SYS"/* | /sys/*) wanted=$(mhi_function_of "$name") || return 0 ;;
	/dev/* | wwan[0-9]*) wanted=$(mhi_function_of "$MHI_SYS/class/wwan/${name##*/}") || return 0 ;;
	*:*:*.*) wanted=$name ;;
	*:*.*) wanted=0000:$name ;;
	*) return 0 ;;
	esac
	for port in "$MHI_SYS"/class/wwan/wwan*qmi*; do
		[ -e "$port" ] || continue
		function=$(mhi_function_of "$port") || continue
		[ -n "$wanted" ] && [ "$wanted" != "$function" ] || echo "$function"
	done | sort -u
}

# Ports and the base interface of a function, as "SUBSYSTEM NAME PATH".
mhi_ports() {
	local entry
	for entry in "$MHI_SYS"/class/wwan/wwan[0-9]*[a-z]* "$MHI_SYS"/class/net/rmnet_mhi*[0-9]; do
		[ "$(mhi_function_of "$entry")" = "$1" ] || continue
		case $entry in
		*/wwan/*) echo "wwan ${entry##*/} $(readlink -f "$entry")" ;;
		*.*) ;; # a link
		*) echo "net ${entry##*/} $(readlink -f "$entry")" ;;
		esac
	done
}

# ---- the network's configuration; its caller has sourced /lib/functions.sh

# Calls COMMAND SECTION for each interface that uses protocol mhi and is not disabled, in the order of the configuration.
mhi_each_interface() {
	config_load network
	config_foreach _mhi_each interface "$@"
}

_mhi_each() {
	local section=$1 proto disabled
	shift
	config_get proto "$section" proto
	config_get_bool disabled "$section" disabled 0
	[ "$proto" = mhi ] && [ "$disabled" = 0 ] || return 0
	"$@" "$section"
}

# The interfaces of one modem, in the order of the configuration.
mhi_interfaces_of() {
	mhi_each_interface _mhi_print_if_on "$1"
}

_mhi_print_if_on() {
	local device
	config_get device "$2" device
	[ "$(mhi_modems "$device")" != "$1" ] || echo "$2" # one without a name has none of two
}

# A port of a modem has come: its interfaces can start, and it is no business of ModemManager's.
mhi_port_added() {
	local modem interfaces interface
	modem=$(mhi_function_of "$1") || return 0
	interfaces=$(mhi_interfaces_of "$modem")
	[ -n "$interfaces" ] || return 0
	mhi_mm_take "$modem"
	# shellcheck source=/dev/null
	. /lib/netifd/netifd-proto.sh
	for interface in $interfaces; do
		proto_set_available "$interface" 1 2>/dev/null # netifd may not be there yet: it will look itself
	done
}

# ---- ModemManager: OpenWrt's has no udev, so it knows the ports that its hotplug scripts tell it of, and remembers them in
# a file. For a modem with an interface of ours they are told away again. Told so at once, it has not opened a port yet.

MHI_MM_COMMON=${MHI_MM_COMMON:-/usr/share/ModemManager/modemmanager.common}

# Whether ModemManager's scripts have told it of a port of this function. Prints the ports.
mhi_mm_ports() {
	local subsystem name path
	[ -e "$MHI_MM_COMMON" ] || return 1
	mhi_ports "$1" | while read -r subsystem name path; do
		grep -qs ",$name,$subsystem," /var/run/modemmanager/events.cache && echo "$subsystem $name $path"
	done
}

# Takes a modem from ModemManager. Its status is 0 if it had one.
mhi_mm_take() {
	local ports
	ports=$(mhi_mm_ports "$1")
	[ -n "$ports" ] || return 1
	# A session that it has is closed in order; the ports are shut anyhow.
	mmcli --modem="$(readlink -f "$MHI_SYS/bus/pci/devices/$1")" --simple-disconnect >/dev/null 2>&1
	_mhi_mm_report remove "$ports"
}

# Gives a modem to ModemManager, which is told of its ports as if they had just come.
mhi_mm_give() {
	[ -e "$MHI_MM_COMMON" ] || return 0
	_mhi_mm_report add "$(mhi_ports "$1")"
}

# In a shell of its own, since ModemManager's functions have their own names for things.
_mhi_mm_report() (
	action=$1 list=$2
	# shellcheck source=/dev/null
	. "$MHI_MM_COMMON"
	mkdir -p /var/run/modemmanager
	while read -r subsystem name path; do
		[ -z "$name" ] || mm_report_event "$action" "$name" "$subsystem" "$path"
	done <<-END
		$list
	END
	return 0
)
