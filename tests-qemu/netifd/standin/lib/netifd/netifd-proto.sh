# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash disable=SC3043
# Stand-in for netifd's shell library and jshn: the functions by which a protocol handler speaks to netifd, as this package
# uses them. Each message is written to /tmp/calls.INTERFACE in the form in which it would go to netifd, then does to the
# files of ../../netifd.sh what it would do to netifd. That is netifd e97e36f of 2026-07-17 (OpenWrt's main branch).

# ---- JSON, as a string

json_string() {
	echo "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's,/,\\/,g' -e 's/^/"/' -e 's/$/"/'
}

json_init() {
	JSON=''
}

json_add() { # NAME TEXT
	case $JSON in
	'' | *'[ ' | *'{ ') ;;
	*) JSON="$JSON, " ;;
	esac
	JSON="$JSON${1:+\"$1\": }$2"
}

json_add_string() {
	json_add "$1" "$(json_string "$2")"
}

json_add_int() {
	json_add "$1" "$2"
}

json_add_boolean() {
	case $2 in
	1) json_add "$1" true ;;
	*) json_add "$1" false ;;
	esac
}

json_open() { # NAME BRACKET
	json_add "$1" "$2 "
}

json_close() { # BRACKET
	JSON="$JSON $1"
}

# The configuration comes as lines OPTION=VALUE.
json_get_vars() {
	local name
	for name in "$@"; do
		eval "$name=\$(echo \"\$data\" | sed -n \"s/^$name=//p\")"
	done
}

# ---- messages

notify() {
	json_add_string interface "$1"
	echo "{ $JSON }" >>"/tmp/calls.$1"
}

proto_init_update() {
	KEEP=0 IP4='' IP6='' ROUTES4='' ROUTES6='' PREFIXES='' SERVERS='' NESTED='' LINK=$1 LINK_UP=$2
	json_init
	json_add_int action 0
	[ "$1" = '*' ] || json_add_string ifname "$1"
	json_add_boolean link-up "$2"
}

proto_add_data() {
	NESTED=1
	json_open data '{'
}

proto_close_data() {
	[ -z "$NESTED" ] || json_close '}'
	NESTED=''
}

proto_add_ipv4_address() {
	IP4="$IP4 $1/$2"
}

proto_add_ipv6_address() {
	IP6="$IP6 $1/$2"
}

# An empty part is a dash, so that the parts can be told from each other.
proto_add_ipv4_route() {
	ROUTES4="$ROUTES4 $1;$2;${3:--};${5:--};${4:--}"
}

proto_add_ipv6_route() {
	ROUTES6="$ROUTES6 $1;$2;${3:--};${4:--};${6:--}"
}

proto_add_ipv6_prefix() {
	PREFIXES="$PREFIXES $1"
}

proto_add_dns_server() {
	SERVERS="$SERVERS $1"
}

add_addresses() { # NAME LIST
	local address
	[ -n "$2" ] || return 0
	json_open "$1" '['
	for address in $2; do
		json_open '' '{'
		json_add_string ipaddr "${address%/*}"
		json_add_string mask "${address#*/}"
		json_close '}'
	done
	json_close ']'
}

add_routes() { # NAME LIST
	local route
	[ -n "$2" ] || return 0
	json_open "$1" '['
	for route in $2; do
		json_open '' '{'
		# shellcheck disable=SC2046
		add_route $(echo "$route" | sed 's/;/ /g')
		json_close '}'
	done
	json_close ']'
}

add_route() {
	json_add_string target "$1"
	json_add_string netmask "$2"
	[ "$3" = - ] || json_add_string gateway "$3"
	[ "$4" = - ] || json_add_int metric "$4"
	[ "$5" = - ] || json_add_string source "$5"
}

add_strings() { # NAME LIST
	local string
	[ -n "$2" ] || return 0
	json_open "$1" '['
	for string in $2; do
		json_add_string '' "$string"
	done
	json_close ']'
}

proto_send_update() {
	local state=/tmp/netifd/$1/state
	proto_close_data
	json_add_boolean keep "$KEEP"
	add_addresses ipaddr "$IP4"
	add_addresses ip6addr "$IP6"
	add_routes routes "$ROUTES4"
	add_routes routes6 "$ROUTES6"
	add_strings ip6prefix "$PREFIXES"
	add_strings dns "$SERVERS"
	notify "$1"
	case $(cat "$state")$LINK_UP:$LINK in
	teardown*) return 6 ;; # UBUS_STATUS_PERMISSION_DENIED
	*1:*.[0-9]*) return 9 ;; # UBUS_STATUS_UNKNOWN_ERROR: a VLAN, which the kernel does not make on such a base
	up0:*) echo pending >"$state" ;;
	*1:*)
		rm -f "/tmp/netifd/$1/error"
		echo up >"$state"
		;;
	esac
}

proto_export() {
	EXPORTS="$EXPORTS
$1"
}

proto_run_command() {
	local interface="$1" directory="/tmp/netifd/$1" word
	shift
	json_init
	json_add_int action 1
	json_open command '['
	printf '%s\n' "$@" >"$directory/command.new"
	for word in "$@"; do
		json_add_string '' "$word"
	done
	json_close ']'
	json_open env '['
	echo "$EXPORTS" | sed 1d >"$directory/environment"
	while read -r word; do
		json_add_string '' "$word"
	done <"$directory/environment"
	json_close ']'
	notify "$interface"
	mv "$directory/command.new" "$directory/command"
}

proto_kill_command() {
	json_init
	json_add_int action 2
	notify "$1"
}

proto_notify_error() {
	local interface="$1" word
	shift
	json_init
	json_add_int action 3
	json_open error '['
	for word in "$@"; do
		json_add_string '' "$word"
	done
	json_close ']'
	notify "$interface"
	echo "$1" >"/tmp/netifd/$interface/error"
}

proto_block_restart() {
	json_init
	json_add_int action 4
	notify "$1"
	echo 0 >"/tmp/netifd/$1/autostart"
}

proto_set_available() {
	local directory="/tmp/netifd/$1"
	json_init
	json_add_int action 5
	json_add_boolean available "$2"
	notify "$1"
	[ "$(cat "$directory/available")" != "$2" ] || return 0
	echo "$2" >"$directory/available"
	[ "$2" = 1 ] || touch "$directory/stop"
}

# ---- what a handler declares

proto_config_add_string() {
	declare_option "$1" 3
}

proto_config_add_int() {
	declare_option "$1" 5
}

proto_config_add_boolean() {
	declare_option "$1" 7
}

declare_option() {
	json_open '' '['
	json_add_string '' "$1"
	json_add_int '' "$2"
	json_close ']'
}

proto_config_add_defaults() {
	proto_config_add_boolean defaultroute
	proto_config_add_boolean peerdns
	proto_config_add_boolean renew
	proto_config_add_int metric
}

init_proto() {
	proto=$1 command=$2 interface=$3 data=$4
}

add_protocol() {
	case $command in
	dump)
		available=0 no_device=0 lasterror=0
		json_init
		json_add_string name "$1"
		json_open config '['
		"proto_$1_init_config"
		json_close ']'
		json_add_boolean no-device "$no_device"
		json_add_boolean no-device-config 0
		json_add_boolean no-proto-task 0
		json_add_boolean available "$available"
		json_add_boolean renew-handler 0
		json_add_boolean lasterror "$lasterror"
		json_add_boolean teardown-on-l3-link-down 0
		echo "{ $JSON }"
		;;
	setup | teardown)
		[ "$proto" != "$1" ] || "proto_$1_$command" "$interface"
		;;
	esac
}
