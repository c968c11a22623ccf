# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The stock drivers, as the stock-* cases use them. Sourced by guest.sh.

stock_net=mhi_hwip0

stock_up() {
	if ! modprobe -n -a mhi_pci_generic mhi_net; then
		skip "stock drivers: this kernel has not both of mhi_pci_generic and mhi_net"
		leave
	fi
	need "stock modules load" modprobe -a mhi_pci_generic mhi_wwan_ctrl mhi_net
	need "mhi_pci_generic binds" wait_for 10 bound_to mhi-pci-generic
	need "stock ports appear" wait_for 20 stock_ports
}

stock_ports() {
	[ -c $qmi ] && [ -e /sys/class/net/$stock_net ]
}

# qmi ARGUMENTS...: qmicli through the proxy.
qmi() {
	qmicli --device=$qmi --device-open-proxy --device-open-qmi "$@"
}

# field NAME: the quoted value that qmicli prints behind NAME.
field() {
	sed -n "s/^[[:space:]]*$1: *'\{0,1\}\([^']*\)'\{0,1\}$/\1/p" | head -n 1
}

# An IPv4 session without QMAP on the bare interface; its client id stays in $client.
stock_session() {
	local settings address
	# Without an opener the channel stops, and the modem forgets its clients.
	# `command`: a port that has just gone must not end the shell.
	command exec 9<$qmi || return
	qmi --wda-set-data-format=link-layer-protocol=raw-ip,ul-protocol=disabled,dl-protocol=disabled || return
	client=$(qmi --wds-noop --client-no-release-cid | field CID)
	[ -n "$client" ] || return
	qmi --client-cid="$client" --client-no-release-cid --wds-set-ip-family=4 &&
		qmi --client-cid="$client" --client-no-release-cid --wds-start-network=apn=internet,ip-type=4 || return
	settings=$(qmi --client-cid="$client" --client-no-release-cid --wds-get-current-settings) || return
	echo "$settings"
	address=$(echo "$settings" | field 'IPv4 address')
	ip addr flush dev $stock_net
	ip addr add "$address/32" dev $stock_net && ip link set $stock_net up && ip route replace default dev $stock_net
}

# Up and online, from whatever state.
stock_online() {
	check "$1: ports are back" wait_for 20 stock_ports &&
		check "$1: session" wait_for 20 stock_session &&
		check "$1: ping" ping_through $stock_net 1.1.1.1
}
