# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: arm64
# memory: 1G
# append: arm64.nolva crashkernel=400M
# kernel-file: yes
# timeout: 300
# The kernel crashes under traffic, and another one takes over to save what is left (kdump): nobody has stopped the modem, which is at
# work on the rings of the dead one. It is brought up all the same. (arm64.nolva: the kernel's own
# copy of its page tables fails with 52 bits.)

at_work() {
	modem state | grep 'state=M0'
}

if [ -z "${NEXT-}" ]; then
	need "the next kernel is loaded" load_kernel -p
	driver_up
	need "session" connect
	need "traffic" under_traffic
	modem data blast 129 1000 1000000 500
	complaints
	echo c >/proc/sysrq-trigger
	sleep 60
fi
check_equal "nothing has reset the modem since" "$NEXT" "$(figure_of restarts)"
check "it is at work for the dead kernel" at_work
driver_up
check_equal "no reset was needed" 0 "$(counter $base modem_resets_interface)"
need "session after it" connect
check "ping after it" ping_through $link $ipv4
check "a transfer after it" transfer tcp-get $ipv4 1 1000000
check "disconnect" disconnect
check "the driver goes" driver_unload
