# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 300
# Firmware update: into emergency download by sysfs, the flash programmer's port with bytes both ways, and back to work by a reset
# of the modem without a reload of the module.

mhi=/sys/bus/mhi/devices/mhi0
firehose=/dev/wwan0firehose0
firmware=/lib/firmware/qcom/prog_firehose_sdx6x.elf

environment() {
	modem state | sed 's/.*ee=\([a-z]*\) .*/\1/'
}

environment_is() {
	[ "$(environment)" = "$1" ]
}

resets() {
	ethtool -S $base | awk '/modem_resets/ { n += $2 } END { print n + 0 }'
}

# A shell of its own, since one ends where `exec` cannot open a file.
talk() (
	dd if=/dev/urandom of=/tmp/sent bs=$1 count=1 2>/dev/null
	exec 4<>$firehose
	cat /tmp/sent >&4
	dd of=/tmp/received bs=$1 count=1 <&4 2>/dev/null
	exec 4<&-
	cmp /tmp/sent /tmp/received
)

looked_beyond() {
	[ "$(figure_of read-as)" -gt $1 ]
}

port_is_gone() {
	[ ! -e $1 ]
}

up_with_session
[ -e $mhi/trigger_edl ] || {
	skip "trigger_edl: this kernel's MHI bus has none"
	leave
}
mkdir -p ${firmware%/*}
check "0 is refused" refused sh -c "echo 0 >$mhi/trigger_edl"
check "trigger" sh -c "echo 1 >$mhi/trigger_edl"
check "the modem is in emergency download" wait_for 5 environment_is edl
check "the driver sees it" wait_for 10 state_is download
check "carrier is off" wait_for 5 sh -c "[ \$(cat /sys/class/net/$base/carrier) = 0 ]"
check "its ports go" wait_for 10 port_is_gone $qmi
check "it crashes there" modem sys_err interrupt edl
usleep 3000000
check_equal "and is left alone" "edl download 0" "$(environment) $(modem_state) $(resets)"

check "back without a flash programmer" sh -c "echo 1 >$mhi/soc_reset"
recovers 60

dd if=/dev/urandom of=$firmware bs=1000 count=100 2>/dev/null
check "trigger once more" sh -c "echo 1 >$mhi/trigger_edl"
check "the flash programmer runs" wait_for 20 environment_is fp
check "its port appears" wait_for 20 test -c $firehose
check "the driver leaves it alone" state_is download
if can_sleep freeze; then
	check "the machine does not go to sleep" refused sleep_machine freeze 3
	check "by the driver" dmesg_has "its flash is written: no sleep now"
	echo 0 >/sys/class/rtc/rtc0/wakealarm
fi
check "500 bytes both ways" talk 500
check "3000 bytes both ways" talk 3000
wrong=$(figure_of read-as)
check "looks that give ones: ordered" modem read-as EXECENV 0xffffffff
check "two are taken" wait_for 20 looked_beyond $((wrong + 1))
modem faults off
usleep 10000000
check "it is still left alone" environment_is fp
check "and has its port" talk 100
check "the flash programmer crashes" modem sys_err interrupt fp
check "its port works again" wait_for 20 talk 100
check_equal "no reset happened" "download 0" "$(modem_state) $(resets)"

check "back to work" sh -c "echo 1 >$mhi/soc_reset"
recovers 60
check "the port is gone" port_is_gone $firehose
check "disconnect" disconnect
check "the driver goes" driver_unload
