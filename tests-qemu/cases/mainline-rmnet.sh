# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# module: mainline-rmnet
# With the kernel's own rmnet module loaded first the kind is its own: its links work on top of our base.

need "the kernel's rmnet loads" insmod /lib/modules/rmnet.ko
driver_up
check "our driver leaves the kind to it" sh -c 'dmesg | grep -q "rmnet module is loaded"'
need "session on its link" connect --ip 4+6
check "the link is its own" sh -c 'ls -d /sys/module/rmnet/holders >/dev/null && lsmod | grep -q "^rmnet .* [1-9]"'
check "ping IPv4" ping_through rmnet_mhi0.1 1.1.1.1 10
check "ping IPv6" ping_through rmnet_mhi0.1 2606:4700:4700::1111 10
check "large ping" ping -c 3 -W 5 -s 1400 -I rmnet_mhi0.1 1.1.1.1
check "TCP, content compared" transfer tcp-get $ipv4 7 4000000
check_equal "no frame was taken by us" 0 "$(counter $base rx_unknown_mux)"
check "disconnect" disconnect
check "our driver unloads" driver_unload
