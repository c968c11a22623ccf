# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# modem: --model rm500q
# A dead link, on which every read gives ones: found out without traffic, brought back by a reset of the bus. A function that
# somebody resets by hand is brought up again, too.

dead_link
recovers 150
check "by a reset of the bus" test "$(counter $base modem_resets_bus)" -gt 0
check_equal "not of the function, which would wait for a minute" 0 "$(counter $base modem_resets_function)"

crashes=$(counter $base modem_crashes)
check "reset by hand" sh -c "echo 1 >/sys/bus/pci/devices/$(pci)/reset"
check "is noticed" wait_for 10 sh -c 'dmesg | grep -q "firmware is dead"'
check "as a crash" test "$(counter $base modem_crashes)" -gt "$crashes"
recovers 60
check "disconnect" disconnect

# Nobody waits for one that is gone.
modem drop
before=$(uptime_seconds)
check "the driver goes when the modem is gone" driver_unload
check "without a wait" in_time 10 $before
