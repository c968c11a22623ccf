#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC3043 # local: busybox has it
# netifd's protocol `mhi`: a data session on a Quectel modem that rmnet_mhi drives. One mhictl process for each interface
# keeps the session; it tells ../mhi-hook what netifd must know.

[ -n "$INCLUDE_ONLY" ] || {
	# shellcheck source=/dev/null
	. /lib/functions.sh
	# shellcheck source=/dev/null
	. ../netifd-proto.sh
	# shellcheck source=openwrt-package/rmnet-mhi/files/lib/functions/rmnet-mhi.sh
	. /lib/functions/rmnet-mhi.sh
	init_proto "$@"
}

# shellcheck disable=SC2034 # netifd-proto.sh reads them
proto_mhi_init_config() {
	available=1
	no_device=1
	lasterror=1 # why it failed stays readable during the pause that follows
	proto_config_add_string "device:device"
	proto_config_add_string apn
	proto_config_add_string auth
	proto_config_add_string username
	proto_config_add_string password
	proto_config_add_string pincode
	proto_config_add_string pdptype
	proto_config_add_int profile
	proto_config_add_int mux
	proto_config_add_int mtu
	proto_config_add_int timeout
	proto_config_add_boolean allow_roaming
	proto_config_add_boolean delegate
	proto_config_add_boolean sourcefilter
	proto_config_add_defaults
}

proto_mhi_setup() {
	local interface="$1"
	local device apn auth username password pincode pdptype profile mux mtu timeout allow_roaming delegate sourcefilter
	local defaultroute peerdns modem families base
	json_get_vars device apn auth username password pincode pdptype profile mux mtu timeout allow_roaming delegate \
		sourcefilter defaultroute peerdns

	mkdir -p "$MHI_RUN"
	rm -f "$MHI_RUN/$interface.error"
	mhi_pause "$interface"

	case $pdptype in
	ip | ipv4 | IP | IPV4) families=4 ;;
	ipv6 | IPV6) families=6 ;;
	'' | ipv4v6 | IPV4V6) families=4+6 ;;
	*) mhi_refuse "$interface" INVALID_PDPTYPE "$pdptype is none of ip, ipv6, ipv4v6" || return 1 ;;
	esac
	case $auth in
	'' | none | pap | chap | both) ;;
	*) mhi_refuse "$interface" INVALID_AUTH "$auth is none of none, pap, chap, both" || return 1 ;;
	esac
	# As the maker numbers sessions.
	[ -z "$mux" ] || { [ "$mux" -ge 129 ] && [ "$mux" -le 254 ]; } ||
		mhi_refuse "$interface" INVALID_MUX "$mux is not between 129 and 254" || return 1

	# shellcheck disable=SC2046,SC2005 # one line
	modem=$(echo $(mhi_modems "$device"))
	case $modem in
	'') mhi_absent "$interface" "$device" || return 1 ;;
	*' '*) mhi_refuse "$interface" DEVICE_NOT_UNIQUE "option device must name one of $modem" || return 1 ;;
	esac
	mhi_from_modemmanager "$interface" "$device" "$modem"
	mhi_mux "$interface" "$modem" "$mux" || return 1

	# What the hook must know; secrets too go by the environment, since anybody can read arguments.
	proto_export "INTERFACE=$interface"
	proto_export "MHI_DEFAULTROUTE=${defaultroute:-1}"
	proto_export "MHI_PEERDNS=${peerdns:-1}"
	proto_export "MHI_DELEGATE=${delegate:-1}"
	proto_export "MHI_SOURCEFILTER=${sourcefilter:-1}"
	proto_export "MHI_PIN_GIVEN=${pincode:+1}"
	[ -z "$password" ] || proto_export "MHICTL_PASSWORD=$password"
	[ -z "$pincode" ] || proto_export "MHICTL_PIN=$pincode"

	echo "connecting by modem $modem, mux $mux"
	case $allow_roaming in
	0) set -- --roaming forbidden ;;
	*) set -- --roaming allowed ;;
	esac
	# netifd takes a name with a dot for a VLAN. The usual one, rmnet_mhi0.1, stays for everybody else.
	base=$(ls "$MHI_SYS/bus/pci/devices/$modem/net")
	# /etc/mhictl/config.toml is for sessions that are not netifd's. One whose netifd has died ends, or the next netifd's finds the mux id taken.
	proto_run_command "$interface" /usr/bin/mhictl connect --config /dev/null --supervised \
		--no-address --no-route --no-dns --hook /lib/netifd/mhi-hook \
		--device "$modem" --mux "$mux" --link "${base}_$((mux - 128))" --ip "$families" "$@" \
		${apn:+--apn "$apn"} ${auth:+--auth "$auth"} ${username:+--user "$username"} \
		${profile:+--profile "$profile"} ${mtu:+--mtu "$mtu"} ${timeout:+--timeout "$timeout"}
}

# Runs after mhictl has ended by itself, with its exit code in ERROR, and to end it. netifd leaves 5 seconds for it.
proto_mhi_teardown() {
	local interface="$1" device told=''
	json_get_vars device
	proto_kill_command "$interface"
	if [ -n "$ERROR" ]; then
		read -r told 2>/dev/null <"$MHI_RUN/$interface.error"
		mhi_failed "$interface" "$device" "$ERROR" "$told"
	else
		rm -f "$MHI_RUN/$interface.failures"
		mhi_to_modemmanager "$device"
	fi
	rm -f "$MHI_RUN/$interface.error"
}

# ---- errors

# The configuration cannot work: no further attempt until it changes or somebody says ifup.
mhi_refuse() {
	local interface="$1"
	shift
	echo "$*"
	proto_notify_error "$interface" "$@"
	proto_block_restart "$interface"
	return 1
}

# No modem: hotplug makes the interface available again.
mhi_absent() {
	local interface="$1" device="$2"
	echo "no modem${device:+ at $device}"
	proto_notify_error "$interface" NO_DEVICE "no modem${device:+ at $device}"
	proto_set_available "$interface" 0
	# It may have come between the look and the word.
	[ -z "$(mhi_modems "$device")" ] || proto_set_available "$interface" 1
	return 1
}

# mhictl has ended: its exit code decides what follows, and names the error where the hook has not (`told`).
mhi_failed() {
	local interface="$1" device="$2" code="$3" told="$4" count=0 again=1 word
	case $code in
	2) again=0 word=INVALID_OPTIONS ;;
	3)
		[ -n "$(mhi_modems "$device")" ] || {
			mhi_absent "$interface" "$device"
			return
		}
		word=NO_DEVICE
		;;
	4) word=DEVICE_BUSY ;;
	5) word=SIM_ABSENT ;;
	6) again=0 word=PIN_FAILED ;; # each try costs one of three
	7) word=NETWORK_REGISTRATION_FAILED ;;
	8) word=CALL_FAILED ;;
	9) word=MODEM_NOT_RESPONDING ;;
	10) word=MODEM_REFUSED ;;
	11) word=LINK_FAILED ;;
	13) again=0 word=PERMISSION_DENIED ;;
	126 | 127) again=0 word=MHICTL_MISSING ;;
	*) word=MHICTL_FAILED ;;
	esac
	[ -n "$told" ] || proto_notify_error "$interface" "$word" "mhictl ended with $code"
	if [ $again = 0 ]; then
		proto_block_restart "$interface"
		return
	fi
	read -r count 2>/dev/null <"$MHI_RUN/$interface.failures"
	echo $((count + 1)) >"$MHI_RUN/$interface.failures"
}

# netifd starts anew at once: after failures, wait first.
mhi_pause() {
	local count=0 seconds
	read -r count 2>/dev/null <"$MHI_RUN/$1.failures"
	case $count in
	0) return ;;
	1) seconds=5 ;;
	2) seconds=10 ;;
	3) seconds=20 ;;
	4) seconds=40 ;;
	*) seconds=60 ;;
	esac
	echo "next attempt in $seconds s"
	sleep $seconds
}

# ---- mux ids

# Sets mux: the option's value; else the one that the interface had; else the first free one from 129 on, with the modem's
# interfaces served in the order of the configuration. A link in $MHI_RUN/mux records who has which until the next boot: so a
# running session keeps its own when interfaces are added, and of several that start at once each gets another.
mhi_mux() {
	local interface="$1" modem="$2" option="$3" record="$MHI_RUN/mux/$2" all fixed link owner tries=10
	mkdir -p "$MHI_RUN/mux"
	all=" $(mhi_interfaces_of "$modem" | tr '\n' ' ')"
	case $all in
	*" $interface "*) ;;
	*) all="$all$interface " ;; # not from /etc/config
	esac
	fixed=" $(mhi_each_interface _mhi_print_mux | tr '\n' ' ')"

	# Gone are those of interfaces that have left this modem or have a number of their own now.
	for link in "$record".*; do
		[ -L "$link" ] || continue
		owner=$(readlink "$link")
		case $all in
		*" $owner "*) ;;
		*) rm -f "$link" ;;
		esac
		case $fixed in
		*" $owner:"* | *":${link##*.} "*) rm -f "$link" ;;
		esac
	done

	mux=$option
	while [ -z "$mux" ]; do
		for link in "$record".*; do
			[ "$(readlink "$link")" != "$interface" ] || mux=${link##*.}
		done
		[ -z "$mux" ] || break
		mux=$(_mhi_free_mux "$interface" "$record" "$all" "$fixed")
		if [ -z "$mux" ] || [ $((tries -= 1)) = 0 ]; then
			mhi_refuse "$interface" NO_MUX "no mux id from 129 to 254 is free"
			return 1
		fi
		ln -s "$interface" "$record.$mux" 2>/dev/null || mux='' # another took it just now
	done
}

_mhi_print_mux() {
	local id
	config_get id "$1" mux
	[ -z "$id" ] || echo "$1:$id"
}

# What INTERFACE gets if all that have none yet are served in order. Looks at the records once, so that others which are served
# at the same moment come to the same result.
_mhi_free_mux() {
	local interface="$1" record="$2" all="$3" fixed="$4" taken=' ' other link id=128
	for link in "$record".*; do
		[ ! -L "$link" ] || taken="$taken$(readlink "$link"):${link##*.} "
	done
	for other in $all; do
		case "$fixed$taken" in
		*" $other:"*) continue ;;
		esac
		while :; do
			[ $((id += 1)) -le 254 ] || return 1
			case "$fixed$taken" in
			*":$id "*) ;;
			*) break ;;
			esac
		done
		[ "$other" != "$interface" ] || {
			echo $id
			return
		}
	done
	return 1
}

# ---- ModemManager

mhi_from_modemmanager() {
	local interface="$1" device="$2" modem="$3"
	mhi_mm_take "$modem" || return 0
	echo "taken from ModemManager: $modem"
	# Its monitor takes an interface whose device is this path in sysfs for its own, and makes it unavailable now.
	case $device in
	"$MHI_SYS"/*)
		(
			sleep 5
			proto_set_available "$interface" 1
		) &
		;;
	esac
}

# When the last interface of the modem has left the configuration, it is ModemManager's again, once mhictl has ended: netifd
# kills both after 5 seconds, but not what runs beside them.
mhi_to_modemmanager() {
	local modem
	for modem in $(mhi_modems "$1"); do
		[ -z "$(mhi_interfaces_of "$modem")" ] || continue
		(
			sleep 5
			[ -n "$(mhi_interfaces_of "$modem")" ] || mhi_mm_give "$modem"
		) &
	done
}

[ -n "$INCLUDE_ONLY" ] || add_protocol mhi
