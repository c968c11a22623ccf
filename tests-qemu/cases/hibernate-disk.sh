# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# disk: 1G
# reboot: -boot order=n
# append: hibernate=nocompress no_console_suspend
# timeout: 300
# Hibernation with an image on a disk: the machine restarts, which resets the modem, and another kernel fetches the image back. The
# modem is started anew, and mhictl has its session back on the same interfaces.

disk=/dev/vda

if ! grep -q disk /sys/power/state; then
	skip "hibernation: the kernel has none"
	leave
fi
need "the disk's driver loads" modprobe virtio_blk
need "the disk" wait_for 5 test -b $disk
# Does not come back if there is an image.
cat /sys/class/block/${disk##*/}/dev >/sys/power/resume
[ "$(figure_of starts)" = 0 ] || abort "resume: the kernel did not take the image"

need "room for an image" mkswap $disk
need "it is used" swapon $disk
echo reboot >/sys/power/disk
echo 0 >/sys/power/image_size # no more than needed
up_with_session
restarts=$(figure_of restarts)
check "hibernation" sh -c 'echo disk >/sys/power/state'
check "the machine has restarted" test "$(figure_of restarts)" -gt "$restarts"
recovers 60
check_equal "the modem was stopped each time" 0 "$(figure_of cut_off)"
check_equal "in no other way" 0 "$(counter $base modem_crashes)"
check_equal "it took no reset" 0 "$(counter $base modem_resets_interface)"
check_equal "nothing was written to it while it slept" 0 "$(figure_of write_while_away)"
check "disconnect" disconnect
check "the driver goes" driver_unload
close_case
poweroff -f
sleep 60
