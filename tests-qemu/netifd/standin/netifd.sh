# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash disable=SC3043
# Stand-in for netifd as far as protocol handlers see it: when it calls them, with what, what becomes of the program that they
# have it run, when it begins anew. One loop for each interface; its state is files in /tmp/netifd/INTERFACE:
#   autostart, available   0 or 1
#   state                  down, pending, up, teardown
#   error                  the last one
#   command, environment   what to run
#   stop                   there: teardown is wanted

start_netifd() {
	local interface
	for interface in $(configured_interfaces); do
		start_interface "$interface"
	done
}

configured_interfaces() {
	(
		. /lib/functions.sh
		config_load network
		config_foreach wanted_interface interface
	)
}

wanted_interface() {
	local proto disabled
	config_get proto "$1" proto
	config_get disabled "$1" disabled 0
	[ "$proto$disabled" != mhi0 ] || echo "$1"
}

start_interface() {
	local directory=/tmp/netifd/$1
	mkdir -p "$directory"
	echo 1 >"$directory/autostart"
	echo 1 >"$directory/available"
	echo down >"$directory/state"
	rm -f "$directory/stop" "$directory/gone"
	interface_loop "$1" "$directory" &
}

# Options as lines OPTION=VALUE, booleans as numbers.
# shellcheck disable=SC2317 # the configuration calls them
configuration_of() {
	(
		option() {
			[ "$now" = "$wanted" ] || return 0
			case $2 in
			true | on) echo "$1=1" ;;
			false | off) echo "$1=0" ;;
			*) echo "$1=$2" ;;
			esac
		}
		config() {
			now=$2
		}
		wanted=$1
		. /etc/config/network
	)
}

interface_loop() {
	local interface=$1 directory=$2 configuration script task code
	while [ ! -e "$directory/gone" ]; do
		/busybox sleep 0.05
		[ "$(cat "$directory/autostart")$(cat "$directory/available")" = 11 ] || continue
		configuration=$(configuration_of "$interface")
		rm -f "$directory/command" "$directory/stop"
		echo pending >"$directory/state"
		handler setup "$interface" "$configuration" &
		script=$!
		while alive $script && [ ! -e "$directory/stop" ]; do
			/busybox sleep 0.05
		done
		[ ! -e "$directory/stop" ] || kill $script 2>/dev/null
		wait $script
		task='' code=''
		if [ -e "$directory/command" ] && [ ! -e "$directory/stop" ]; then
			run_command "$directory" &
			task=$!
			while alive $task && [ ! -e "$directory/stop" ]; do
				/busybox sleep 0.05
			done
			alive $task || {
				wait $task
				code=$?
				task=''
				[ $code -lt 128 ] || code=0 # by a signal: the status that netifd makes of it
			}
		fi
		echo teardown >"$directory/state"
		if [ -n "$code" ]; then
			ERROR=$code handler teardown "$interface" "$configuration"
		else
			handler teardown "$interface" "$configuration"
		fi
		[ -z "$task" ] || {
			kill "$task"
			wait "$task"
		}
		echo down >"$directory/state"
	done
}

alive() {
	kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

handler() {
	cd /lib/netifd/proto && ./mhi.sh mhi "$@"
}

run_command() {
	local line
	cd /lib/netifd/proto || exit
	while read -r line; do
		export "${line?}"
	done <"$1/environment"
	set -- "$1"
	while IFS= read -r line; do
		set -- "$@" "$line"
	done <"$1/command"
	shift
	exec "$@"
}

interface_down() {
	echo 0 >"/tmp/netifd/$1/autostart"
	[ "$(cat "/tmp/netifd/$1/state")" = down ] || touch "/tmp/netifd/$1/stop"
}

interface_up() {
	echo 1 >"/tmp/netifd/$1/autostart"
}

state_of() {
	case $(cat "/tmp/netifd/$1/state") in
	up) echo up ;;
	pending) echo pending ;;
	*) echo down ;;
	esac
}

error_of() {
	cat "/tmp/netifd/$1/error" 2>/dev/null
}

# Interfaces that are new begin, those that have gone end.
reload() {
	local interface wanted
	wanted=" $(configured_interfaces | tr '\n' ' ')"
	for interface in /tmp/netifd/*; do
		interface=${interface##*/}
		case $wanted in
		*" $interface "*) ;;
		*)
			touch "/tmp/netifd/$interface/gone"
			interface_down "$interface"
			;;
		esac
	done
	for interface in $wanted; do
		if [ ! -e "/tmp/netifd/$interface" ] || [ -e "/tmp/netifd/$interface/gone" ]; then
			start_interface "$interface"
		fi
	done
}
