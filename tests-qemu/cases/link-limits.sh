# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# The rtnl kind as iproute2 speaks it: attributes, limits, refusals, and that links follow their base.

driver_up
add_link() {
	ip link add link $base name "$1" type rmnet mux_id "$2"
}

check "link is made" add_link rmnet_mhi0.1 129
check "mux id is shown" sh -c 'ip -d link show rmnet_mhi0.1 | grep -q "rmnet mux_id 129"'
check "same mux id is refused" refused add_link other 129
check "mux id 0 is refused" refused add_link other 0
check "mux id 255 is refused" refused add_link other 255
check "a base that is no modem's is refused" refused ip link add link lo name other type rmnet mux_id 130
check "link on a link is refused" refused ip link add link rmnet_mhi0.1 name other type rmnet mux_id 130
check "MTU up to 65535" ip link set $base mtu 65535
check "MTU of a link" ip link set rmnet_mhi0.1 mtu 9000
check "link is deleted" ip link del rmnet_mhi0.1

all() {
	for mux in $(seq 1 254); do
		add_link "mux$mux" "$mux" || return
	done
}
check "254 links" all
check_equal "254 links are there" 254 "$(ip -o link show type rmnet | wc -l)"
check "unload takes them along" driver_unload
check_equal "no link is left" 0 "$(ip -o link show type rmnet | wc -l)"
