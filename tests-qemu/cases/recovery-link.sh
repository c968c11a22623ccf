# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# modem: --model rm500q
# A dead link, on which every read gives ones: found out without traffic, brought back by a reset of the bus. A function that
# somebody resets by hand is brought up again, too.

hear_uevents
dead_link
recovers 150
check "by a reset of the bus" test "$(counter $base modem_resets_bus)" -gt 0
check_equal "not of the function, which would wait for a minute" 0 "$(counter $base modem_resets_function)"

crashes=$(counter $base modem_crashes)
echo up >/tmp/uevents # what it is when it is reset
check "reset by hand" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/reset"
check "is noticed, as a crash" wait_for 10 crashed_beyond "$crashes"
check "userspace is told" wait_for 20 heard up restarting up
recovers 60
check "disconnect" disconnect

# Taken out without a word: whoever removes it finds nothing there any more.
check "a session" connect
check "traffic" under_traffic
load=$!
modem drop
before=$(uptime_seconds)
check "removed under traffic when it is gone" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/remove"
check "at once" in_time 10 $before
check "nothing is left of it" refused test -e /sys/class/net/$base -o -n "$(pci)"
kill $load
modem restore
check "rescan" sh -c 'echo 1 >/sys/bus/pci/rescan'
check "ports are back" wait_for 40 ports_are_there
check "its session is back" wait_for 60 ping_through $link $ipv4 1
check "a transfer" transfer tcp-get $ipv4 1 1000000
check "disconnect, again" disconnect

# Nobody waits for one that is gone.
modem drop
before=$(uptime_seconds)
check "the driver goes when the modem is gone" driver_unload
check "without a wait" in_time 10 $before
