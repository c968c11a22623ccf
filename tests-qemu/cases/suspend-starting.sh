# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 240
# The machine sleeps while its modem is being started and hangs at that, with all memory that it was given: it is stopped and reset before
# that is freed, and started anew once the machine is awake, over and over until it goes on; mhictl has its session back.

machine_sleeps freeze

hangs() {
	[ "$(figure_of hesitated)" -gt "$(figure_of hesitations_reset)" ]
}

up_with_session
check "the modem is to stay in READY" modem hesitate on
check "it crashes" modem sys_err
for round in 1 2; do
	check "it hangs, $round" wait_for 60 hangs
	reset=$(figure_of hesitations_reset)
	check "the machine sleeps, $round" sleep_machine freeze 15
	check "it was reset, $round" test "$(figure_of hesitations_reset)" -gt "$reset"
done
check "it hangs again" wait_for 90 hangs
modem hesitate off
recovers 90
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"
check "disconnect" disconnect
check "the driver goes" driver_unload
