# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# timeout: 200
# Hibernation up to the point at which memory would be saved, and back: the modem is stopped before, and started after that.
# (The kernel's test waits for 5 seconds in a loop, which on an emulated PC are minutes.)

# hibernate LEVEL: as far as the kernel's own test goes.
hibernate() {
	echo $1 >/sys/power/pm_test && echo disk >/sys/power/state
}

if ! grep -q disk /sys/power/state || [ ! -e /sys/power/pm_test ]; then
	driver_up
	skip "hibernation: the kernel has none, or no test of it"
	leave
fi
up_with_session
starts=$(figure_of starts)
for level in devices core; do
	check "hibernation, $level" hibernate $level
	recovers 60
done
check_equal "the modem was stopped and started each time" $((starts + 2)) "$(figure_of starts)"
check_equal "in no other way" 0 "$(counter $base modem_crashes)"
check_equal "it took no reset" 0 "$(counter $base modem_resets_interface)"
check "disconnect" disconnect
check "the driver goes" driver_unload
