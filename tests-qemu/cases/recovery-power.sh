# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# A dead link of a modem that does not come back after a reset of its bus: the driver asks userspace to cut its power, by an uevent,
# again and again, and goes on when somebody has done so.

hear_uevents
dead_link
check "its state says so" state_is unreachable
check "somebody is asked to cut its power" wait_for 20 sh -c "[ \$(ethtool -S $base | sed -n 's/^ *modem_resets_power: //p') -gt 1 ]"
check "by uevents" wait_for 5 heard up unreachable power:cycle power:cycle
check_equal "its bus is left alone" 0 "$(counter $base modem_resets_bus)"
check_equal "and its function" 0 "$(counter $base modem_resets_function)"
modem restore
recovers 60
check "userspace is told that it is back" wait_for 5 heard unreachable power:cycle up
modem sys_err
check "they are told of a crash that is over at once, too" wait_for 30 heard power:cycle up restarting up
check "disconnect" disconnect
