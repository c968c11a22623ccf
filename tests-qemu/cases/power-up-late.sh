# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# A modem in a boot loader that takes no power-up: probe returns at once, the rest follows when the modem is ready.

# Longer on a slow machine, but not so long that the driver takes it for stuck.
boot=$((12000 * ${PATIENCE:-1}))
modem boot sbl $((boot < 30000 ? boot : 30000)) >/dev/null
need "the modem is switched on anew" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/reset"
before=$(uptime_seconds)
need "driver loads" driver_load
check "at once" in_time 4 $before
check "driver binds" bound_to mhi_net
check "base interface is there" test -e /sys/class/net/$base
check "without carrier" refused test "$(cat /sys/class/net/$base/carrier 2>/dev/null)" = 1
check_equal "it says so" starting "$(modem_state)"
check "and what it waits for" wait_for 5 dmesg_has "waiting for the modem's boot loader"
trigger=/sys/bus/mhi/devices/mhi0/trigger_edl
[ ! -e $trigger ] || [ "$(modem_state)" != starting ] || check "emergency download needs a modem that was powered up" refused sh -c "echo 1 >$trigger"
check "ports appear when it is ready" wait_for 40 ports_are_there
check "it is up" wait_for 10 state_is up
check_equal "no reset was needed" 0 "$(counter $base modem_resets_interface)"
need "session" connect
check "ping" ping_through $link $ipv4
check "disconnect" disconnect

# Gone before it is there.
driver_unload
modem numb power
check "driver loads with a modem that is dead" driver_load
check "and goes" driver_unload
