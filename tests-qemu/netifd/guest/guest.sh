# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash disable=SC3043
# What a case can say. It is sourced in the root, with netifd's stand-in or netifd itself.

# modem ADDRESS wwanN rmnet_mhiN: one that is up, in a sysfs of our own. VENDOR:DEVICE:SUBVENDOR:SUBDEVICE may follow.
modem() {
	local function="$MHI_SYS/devices/pci0000:00/$1" id=${4:-17cb:0308:17cb:5201} name
	pci_function "$1" "$id"
	mkdir -p "$MHI_SYS/bus/pci/drivers/mhi_net" "$function/mhi0/wwan/$2" "$function/net/$3" "$MHI_SYS"/class/wwan \
		"$MHI_SYS"/class/net
	bind "$1" mhi_net
	for name in qmi0 at0; do
		mkdir -p "$function/mhi0/wwan/$2/$2$name"
		ln -s "../../devices/pci0000:00/$1/mhi0/wwan/$2/$2$name" "$MHI_SYS/class/wwan/$2$name"
	done
	ln -s "../../devices/pci0000:00/$1/mhi0/wwan/$2" "$MHI_SYS/class/wwan/$2"
	ln -s "../../devices/pci0000:00/$1/net/$3" "$MHI_SYS/class/net/$3"
}

# pci_function ADDRESS VENDOR:DEVICE:SUBVENDOR:SUBDEVICE
pci_function() {
	local function="$MHI_SYS/devices/pci0000:00/$1" file ids
	mkdir -p "$function" "$MHI_SYS/bus/pci/devices" "$MHI_SYS/bus/pci/drivers"
	ids=$(echo "$2" | tr : ' ')
	for file in vendor device subsystem_vendor subsystem_device; do
		echo "0x${ids%% *}" >"$function/$file"
		ids=${ids#* }
	done
	echo '(null)' >"$function/driver_override"
	[ -L "$MHI_SYS/bus/pci/devices/$1" ] || ln -s "../../../devices/pci0000:00/$1" "$MHI_SYS/bus/pci/devices/$1"
}

bind() {
	ln -sfn "../../../bus/pci/drivers/$2" "$MHI_SYS/devices/pci0000:00/$1/driver"
}

# The modem that has crashed has no ports.
no_ports() {
	rm -f "$MHI_SYS/class/wwan/$1"*
}

config() {
	cat >/etc/config/network
}

# values INTERFACE WORD=VALUE...: what mhictl will have for the hook
values() {
	local interface=$1
	shift
	for value in "$@"; do
		echo "$value"
	done >"/tmp/values.$interface"
}

# plan INTERFACE 'STEPS': a line for each start of mhictl
plan() {
	local interface=$1
	shift
	for line in "$@"; do
		echo "$line"
	done >>"/tmp/plan.$interface"
}

# tell INTERFACE STEP: to mhictl as it runs
tell() {
	local interface=$1
	shift
	echo "$*" >"/tmp/tell.$interface"
	mv "/tmp/tell.$interface" "/tmp/pipe.$interface"
}

hotplug() { # SUBSYSTEM VARIABLE=VALUE...
	local subsystem=$1
	shift
	(
		for variable in "$@"; do
			export "${variable?}"
		done
		/sbin/hotplug-call "$subsystem"
	)
}

# ---- what netifd is told, in its own words

# connects INTERFACE ADDRESS MUX FAMILIES ROAMING [ARGUMENT...]: the command. Its environment is ENVIRONMENT, by default that
# of an interface without further options.
connects() {
	local interface="$1" device="$2" mux="$3" families="$4" roaming="$5" word line
	shift 5
	line='{ "action": 1, "command": [ "\/usr\/bin\/mhictl", "connect", "--config", "\/dev\/null", "--supervised", "--no-address", "--no-route", "--no-dns"'
	line="$line, \"--hook\", \"\\/lib\\/netifd\\/mhi-hook\", \"--device\", \"$device\", \"--mux\", \"$mux\""
	line="$line, \"--link\", \"$(ls "$MHI_SYS/bus/pci/devices/$device/net")_$((mux - 128))\""
	line="$line, \"--ip\", \"$families\", \"--roaming\", \"$roaming\""
	for word in "$@"; do
		line="$line, \"$word\""
	done
	line="$line ], \"env\": [ \"INTERFACE=$interface\""
	for word in ${ENVIRONMENT:-MHI_DEFAULTROUTE=1 MHI_PEERDNS=1 MHI_DELEGATE=1 MHI_SOURCEFILTER=1 MHI_PIN_GIVEN=}; do
		line="$line, \"$word\""
	done
	printf '%s\n' "$line ], \"interface\": \"$interface\" }"
}

# has INTERFACE LINK ADDRESS MUX 'REST': the link is up, with the JSON text REST of addresses and so on
has() {
	printf '%s\n' "{ \"action\": 0, \"ifname\": \"$2\", \"link-up\": true, \"data\": { \"modem\": \"$3\", \"device\": \"wwan0\", \"mux\": $4, \"mtu\": 1500 }, \"keep\": false, $5, \"interface\": \"$1\" }"
}

lost() {
	printf '%s\n' "{ \"action\": 0, \"link-up\": false, \"keep\": false, \"interface\": \"$1\" }"
}

killed() {
	printf '%s\n' "{ \"action\": 2, \"interface\": \"$1\" }"
}

# told_error INTERFACE CODE [REASON]
told_error() {
	printf '%s\n' "{ \"action\": 3, \"error\": [ \"$2\"${3:+, \"$3\"} ], \"interface\": \"$1\" }"
}

blocked() {
	printf '%s\n' "{ \"action\": 4, \"interface\": \"$1\" }"
}

available() { # INTERFACE true|false
	printf '%s\n' "{ \"action\": 5, \"available\": $2, \"interface\": \"$1\" }"
}

# ---- what a case checks; the first failure ends it

fail() {
	echo "FAILED: $*"
	echo "$*" >/verdict
	for file in /tmp/calls.*; do
		echo "== $file"
		cat "$file"
	done
	exit 1
}

# eventually SECONDS COMMAND...
eventually() {
	local tries=$(($1 * 10))
	shift
	while ! "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		/busybox sleep 0.1
	done
}

# expect INTERFACE: the next lines that the scripts tell netifd are those of standard input, no more.
expect() {
	local interface=$1 seen
	cat >/tmp/expected
	seen=$(cat "/tmp/seen.$interface" 2>/dev/null || echo 0)
	eventually 30 has_lines "/tmp/calls.$interface" $((seen + $(wc -l </tmp/expected)))
	/busybox sleep 0.1
	touch "/tmp/calls.$interface"
	tail -n +$((seen + 1)) "/tmp/calls.$interface" >/tmp/got
	wc -l <"/tmp/calls.$interface" >"/tmp/seen.$interface"
	same "$interface"
}

# begins INTERFACE: the first lines are; others may follow.
begins() {
	local count
	cat >/tmp/expected
	count=$(wc -l </tmp/expected)
	eventually 30 has_lines "/tmp/calls.$1" "$count"
	head -n "$count" "/tmp/calls.$1" >/tmp/got
	same "$1"
}

same() {
	cmp -s /tmp/expected /tmp/got || {
		echo "--- expected"
		cat /tmp/expected
		echo "--- got"
		cat /tmp/got
		fail "$1: netifd was told something else"
	}
}

has_lines() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

is_text() {
	[ "$(cat "$2" 2>/dev/null)" = "$1" ]
}

# state INTERFACE WORD: up, pending (setting up, or the connection is lost), down; of netifd
state() {
	eventually 30 in_state "$1" "$2" || fail "$1 is $(state_of "$1"), not $2"
}

in_state() {
	[ "$(state_of "$1")" = "$2" ]
}

is() { # WHAT VALUE COMMAND...
	local what=$1 wanted=$2 got
	shift 2
	got=$("$@")
	[ "$got" = "$wanted" ] || fail "$what is '$got', not '$wanted'"
}

# error INTERFACE CODE: what ifstatus shows
error() {
	eventually 30 has_error "$1" "$2" || fail "$1: error is '$(error_of "$1")', not '$2'"
}

has_error() {
	[ "$(error_of "$1")" = "$2" ]
}

# The arguments of mhictl's latest start.
arguments() {
	is "mhictl's arguments" "$2" tail -n 1 "/tmp/mhictl.$1.arguments"
}

running() {
	[ -e "/tmp/mhictl.$1.pid" ] && kill -0 "$(cat "/tmp/mhictl.$1.pid")" 2>/dev/null
}

stopped() {
	! running "$1"
}

real() {
	[ -e /real ]
}

# ---- what the kernel has, with netifd itself

address() {
	ip -o "$1" addr show dev "${2:-rmnet_mhi0_1}" scope global | sed -n 's/.* inet6\{0,1\} \([^ ]*\) .*/\1/p'
}

# A link without carrier, as those that the tests can make, has its routes marked.
routes() {
	ip "$1" route show ${3:+table "$3"} | sed -n -e 's/ linkdown//g' -e 's/ *$//' -e "/^$2/p"
}

servers() {
	# shellcheck disable=SC2046,SC2005 # one line
	echo $(sed -n 's/^nameserver //p' /tmp/resolv.conf.d/resolv.conf.auto)
}

# ---- netifd itself

if real; then
	start_netifd() {
		mkdir -p /var/run/ubus /var/lock /tmp/.uci /tmp/resolv.conf.d
		ubusd -A /usr/share/acl.d &
		eventually 30 ubus.real list >/dev/null 2>&1 || fail "no ubus"
		netifd -l 3 -S 2>&1 &
		eventually 30 ubus.real list network.interface >/dev/null 2>&1 || fail "no netifd"
	}

	interface_down() {
		ubus.real call network.interface down "{\"interface\":\"$1\"}"
	}

	interface_up() {
		ubus.real call network.interface up "{\"interface\":\"$1\"}"
	}

	reload() {
		ubus.real call network reload
	}

	state_of() {
		(
			. /usr/share/libubox/jshn.sh
			json_load "$(ubus.real call "network.interface.$1" status)" 2>/dev/null
			json_get_vars up pending
			case $up$pending in
			1*) echo up ;;
			01) echo pending ;;
			*) echo down ;;
			esac
		)
	}

	error_of() {
		(
			. /usr/share/libubox/jshn.sh
			json_load "$(ubus.real call "network.interface.$1" status)" 2>/dev/null
			json_is_a errors array || exit
			json_select errors
			json_get_keys keys
			for key in $keys; do
				json_select "$key"
				json_get_vars code
				json_select ..
			done
			echo "$code"
		)
	}
fi

[ ! -e /netifd.sh ] || . /netifd.sh
. /case.sh
echo pass >/verdict
