# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash disable=SC3043
# Stand-in for OpenWrt's: what this package's scripts use of it. The configuration's files are shell, read as such.

config_load() {
	CONFIG_ALL=''
	CONFIG_COUNT=0
	# shellcheck disable=SC1090
	. "/etc/config/$1"
}

config() {
	CONFIG_COUNT=$((CONFIG_COUNT + 1))
	CONFIG_NOW=${2:-anonymous$CONFIG_COUNT}
	CONFIG_ALL="$CONFIG_ALL $CONFIG_NOW"
	eval "CONFIG_${CONFIG_NOW}__type=\$1"
}

option() {
	eval "CONFIG_${CONFIG_NOW}_$1=\$2"
}

list() {
	eval "CONFIG_${CONFIG_NOW}_$1=\"\${CONFIG_${CONFIG_NOW}_$1-} \$2\""
}

config_get() {
	eval "$1=\${CONFIG_${2}_${3}:-\${4-}}"
}

config_get_bool() {
	config_get "$@"
	eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}

config_foreach() {
	local function="$1" type="$2" section is
	shift 2
	for section in $CONFIG_ALL; do
		eval "is=\$CONFIG_${section}__type"
		[ "$is" != "$type" ] || "$function" "$section" "$@"
	done
}
