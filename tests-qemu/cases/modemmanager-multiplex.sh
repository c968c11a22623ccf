# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: modemmanager
# memory: 768M
# timeout: 600
# append: modprobe.blacklist=mhi_pci_generic
#
#                  mux 1 -- qmapmux0.0  10.64.1.x   apn=internet,multiplex=required
#     rmnet_mhi0 --
#                  mux 2 -- qmapmux0.1  10.64.2.x   apn=ims,multiplex=required
#
# ModemManager as Debian has it multiplexes two bearers with QMAPv5 and aggregation; the modem crashes under both and is found again.

# connect_second APN: a bearer beside the one that is connected.
connect_second() {
	second=$(mm --create-bearer="apn=$1,ip-type=ipv4,multiplex=required" | sed -n 's/.*Bearer\///p')
	[ -n "$second" ] && timeout 90 mmcli --timeout=90 --bearer="$second" --connect
}

# most WAY: packets in one transfer, up or down.
most() {
	figure "$1_max_packets_in_transfer"
}

manager_up
check "connect" mm --simple-connect=apn=internet,ip-type=ipv4,multiplex=required
check "its address is set" bearer_up "$(newest_bearer)"
first=$link
ip -d link show $first
check "it is a link by QMAPv5" sh -c "ip -d link show $first | grep 'rmnet mux_id 1 .*INGRESS_DEAGGREGATION,INGRESS_MAP_CKSUMV5,EGRESS_MAP_CKSUMV5'"
check "ping" ping_through $first 1.1.1.1
check "route" ip route add $ipv4 dev $first
check "TCP download" transfer tcp-get $ipv4 1 4000000
check "in aggregates" test "$(most dl)" -gt 5
check "aggregates upwards, which ModemManager leaves to others" ethtool -C $base tx-aggr-max-bytes 8192 tx-aggr-max-frames 11
check "TCP upload" transfer tcp-put $ipv4 2 4000000
check "in aggregates" test "$(most ul)" -gt 1
check_equal "within the modem's limits" 0 "$(figure ul_limit_violations)"

check "connect another" connect_second ims
check "its address is set" bearer_up "$second"
second=$link
check "it is another link" sh -c "ip -d link show $second | grep 'rmnet mux_id 2 '"
check_equal "two calls" 2 "$(calls)"
check "ping through the second" ping_through $second 1.1.1.2
check "ping through the first" ping_through $first 1.1.1.1
check_equal "nothing was malformed" 0 "$(malformed)"

name=$(mm_name)
modem sys_err
check "crash: the modem is gone" wait_for 30 sh -c '! mmcli -m any'
check "crash: it is found again" wait_for 90 mm_state_is disabled
check "crash: as another object" test "$(mm_name)" != "$name"
check_equal "crash: by the same process" "$manager" "$(mm_process)"
check "crash: connect again" mm --simple-connect=apn=internet,ip-type=ipv4,multiplex=required
check "crash: its interface" bearer_up "$(newest_bearer)"
check "crash: ping" ping_through $link 1.1.1.1
check "disconnect" mm --simple-disconnect
check_equal "no call is left" 0 "$(calls)"
manager_log
