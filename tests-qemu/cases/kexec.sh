# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# memory: 1G
# kernel-file: yes
# arch: amd64
# timeout: 300
# Another kernel takes over under traffic without a restart of the machine (kexec): the modem is stopped before, so that it does not
# write into that one's memory, and the other one finds it as it should be.
# (On arm64 the emulated interrupt controller goes on using tables in memory that the next kernel knows nothing of.)

if [ -z "${NEXT-}" ]; then
	need "the next kernel is loaded" load_kernel -l
	driver_up
	need "session" connect
	need "traffic" under_traffic
	complaints
	kexec -e -x # leaves interfaces as they are
	sleep 60
fi
check_equal "nothing has reset the modem since" "$NEXT" "$(figure_of restarts)"
check_equal "it was stopped when the kernel went" 0 "$(figure_of cut_off)"
check_equal "and has written nothing since" 0 "$(writes)"
driver_up
check_equal "no reset was needed" 0 "$(counter $base modem_resets_interface)"
need "session after it" connect
check "ping after it" ping_through $link $ipv4
check "a transfer after it" transfer tcp-get $ipv4 1 1000000
check "disconnect" disconnect
check "the driver goes" driver_unload
