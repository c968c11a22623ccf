# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# modem: -vv
# Raw IP through mhi_net, as on a machine with a real modem.

stock_up
need "session" stock_session
check "ping" ping_through $stock_net 1.1.1.1 10
check "large ping" ping -c 3 -W 5 -s 1400 -I $stock_net 1.1.1.1
