# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 400
# The memory of a crashed modem: given out as a devcoredump before the modem is reset, compared to the byte, and freed; and a
# modem that refuses it, or says nothing, is brought up all the same. Without the parameter nothing is collected.

expected_faults=odd_register_write # the MHI core clears the dump's registers byte by byte, and what lies between them

dumps() {
	find /sys/class/devcoredump/ -name 'devcd*' 2>/dev/null | wc -l
}

drop_dump() {
	echo 1 >"$(echo /sys/class/devcoredump/devcd*/data)"
}

dumps_are() {
	[ "$(dumps)" = "$1" ]
}

said() {
	dmesg | grep -q "$1"
}

# noticed CRASHES: it is counted when the dump is there or waited for no more, and seen before that, unless it was over too soon.
noticed() {
	state_is restarting || crashed_beyond "$1"
}

# crash NAME: a crash, and the session after it.
crash() {
	crashes=$(counter $base modem_crashes)
	check "$1: ordered" modem rddm
	check "$1: noticed" wait_for 20 noticed $crashes
	recovers "${2:-60}"
}

up_with_session
crash "crash without the parameter"
check_equal "no dump then" 0 "$(dumps)"

check "dumps are wanted" sh -c 'echo 1 >/sys/module/rmnet_mhi/parameters/crash_dump'
crashes=$(counter $base modem_crashes)
check "a modem that has started without gets it at its next start" modem rddm
check "it starts" wait_for 20 noticed $crashes
recovers 60
check_equal "no dump yet" 0 "$(dumps)"

check "crash with a dump: ordered" modem rddm
check "it is given out" wait_for 20 dumps_are 1
awk 'BEGIN { for (i = 0; i < 262144; i++) printf "%015d\n", i }' >/tmp/expected
check "every byte of it" cmp /tmp/expected /sys/class/devcoredump/devcd*/data
check_equal "of our device" "$(pci)" "$(basename "$(readlink /sys/class/devcoredump/devcd*/failing_device)")"
recovers 60
check "the log tells" said '4194304 bytes of the modem.s memory are in /sys/class/devcoredump'
check "it can be dropped" drop_dump
check "and is gone" wait_for 5 dumps_are 0

check "a modem that refuses" modem dump refused
crash "crash of one that refuses"
check "one that says nothing" modem dump kept
crash "crash of one that says nothing" 90
check_equal "no dump of these" 0 "$(dumps)"
check_equal "the log tells of both" 2 "$(dmesg | grep -c 'has not handed over its memory dump')"

# With memory for a dump the MHI core leaves a crash without one to the driver.
crashes=$(counter $base modem_crashes)
check "crash without a dump: ordered" modem sys_err
check "it is noticed" wait_for 20 noticed $crashes
recovers 60
check "dumps are wanted no more" sh -c 'echo 0 >/sys/module/rmnet_mhi/parameters/crash_dump'
check "disconnect" disconnect
check "the driver goes" driver_unload
check "it loads with the parameter" driver_load crash_dump=1
check_equal "which shows" Y "$(cat /sys/module/rmnet_mhi/parameters/crash_dump)"
check "the driver goes again" driver_unload
