# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The base carries bare IP while it has no link, MAP frames only once it has one; libqmi's own tools make the session.

driver_up
stock_net=$base
need "session without mux" stock_session
check "ping" ping_through $base 1.1.1.1 10
check "large ping" ping -c 3 -W 5 -s 1400 -I $base 1.1.1.1
link=$base
check "TCP download" transfer tcp-get $ipv4 1 4000000
check "TCP upload" transfer tcp-put $ipv4 2 4000000

check "link is made" ip link add link $base name rmnet_mhi0.1 type rmnet mux_id 129
check "no bare IP on the base now" refused ping -c 2 -W 1 -I $base 1.1.1.1
check "its packets are counted" test "$(counter $base tx_no_mux)" -ge 2
check "link is deleted" ip link del rmnet_mhi0.1
check "bare IP again" ping_through $base 1.1.1.1
check_equal "nothing was malformed" 0 "$(malformed)"
