# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# An upload to which nobody says anything for longer than the watchdog's patience: the data channels are restarted under it, and not a
# single packet is lost for that.

driver_up
need "session" connect --ip 4+6
check "a queueing discipline that drops nothing" tc qdisc replace dev $link root pfifo limit 10000
before=$(counter $base rx_channel_restarts)
changes=$(cat /sys/class/net/$link/carrier_changes)
# The network's answers come at the end: of the transfer, and to pings.
check "12 seconds of datagrams, all arrive" transfer udp-put $ipv4 1 3600 1200 300
check "and of more in one piece" transfer udp-put $ipv6 2 12000 1200 1000 --segment 10
check "the channels were restarted meanwhile" test "$(counter $base rx_channel_restarts)" -gt "$before"
check "and why is said" dmesg_has 'takes packets and has sent none for 5 s: restarting its data channels'
check_equal "the carrier stayed" "$changes" "$(cat /sys/class/net/$link/carrier_changes)"
check_equal "no packet was lost in the driver" "0 0" "$(counter $base tx_lost_packets) $(counter $base tx_modem_away)"
check "pings" ping_through $link $ipv4
check "TCP" transfer tcp-echo $ipv4 3 1000000
check "disconnect" disconnect
