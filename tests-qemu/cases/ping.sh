# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# The main road: mhictl brings up both families, and both answer.

driver_up
check_equal "without a udev rule its ports are root's alone" "0:600 0:600 " "$(stat -c %u:%a $qmi $at | tr '\n' ' ')"
need "session" connect --ip 4+6
check "IPv6 address" wait_for 10 sh -c 'ip -6 -o addr show dev rmnet_mhi0.1 scope global | grep -v tentative | grep -q inet6'
check "ping IPv4" ping_through rmnet_mhi0.1 1.1.1.1 10
check "ping IPv6" ping_through rmnet_mhi0.1 2606:4700:4700::1111 10
check "large ping IPv4" ping -c 3 -W 5 -s 1400 -I rmnet_mhi0.1 1.1.1.1
check "large ping IPv6" ping -c 3 -W 5 -s 1400 -I rmnet_mhi0.1 2606:4700:4700::1111
check "name server answers" nslookup example.com
check "status" mhictl status
check "status as JSON names the address" sh -c \
	"mhictl status --json | grep -q \"$(ip -4 -o addr show dev rmnet_mhi0.1 | sed 's/.*inet \([0-9.]*\).*/\1/')\""

check "disconnect" disconnect
check "link is gone" test ! -e /sys/class/net/rmnet_mhi0.1
need "session again" connect --ip 6
check "ping IPv6 again" ping_through rmnet_mhi0.1 2606:4700:4700::1111
check "disconnect again" disconnect
