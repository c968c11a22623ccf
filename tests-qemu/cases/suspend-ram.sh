# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# boot: firmware
# append: no_console_suspend
# timeout: 150
# The machine sleeps with all but its memory switched off (S3), the modem, too: it is started anew, and mhictl has its session back.
# Once: the second time the emulated machine wakes up at once. It does not switch itself off after that, but restarts.

machine_sleeps mem

up_with_session
restarts=$(figure_of restarts)
check "the machine sleeps" sleep_machine mem 3
check "the modem was switched off meanwhile" test "$(figure_of restarts)" -gt "$restarts"
recovers 60
check_equal "it took no reset" 0 "$(counter $base modem_resets_interface)"
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"
check "disconnect" disconnect
check "the driver goes" driver_unload
close_case
reboot -f
sleep 60
