# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=busybox
# What comes from the QMI port is not trusted: garbage, frames in pieces or cut short and wrong transaction ids neither crash
# mhictl nor keep it from what it can still do.

driver_up

# Before the session, while it comes up, and while it is up.
for seed in 1 2 3; do
	modem qmi garbage $seed 3000
done
modem qmi partial 7
need "session over frames in pieces" connect
check "ping" ping_through rmnet_mhi0.1 1.1.1.1
for seed in 4 5 6 7 8; do
	modem qmi garbage $seed 3000
	check "status after garbage $seed" sh -c 'mhictl status | grep -q "operator *Test"'
done
# A marker and a length that promise a frame which never ends.
modem qmi garbage 01ff3f800100
check "status behind an endless frame" sh -c 'mhictl status | grep -q "operator *Test"'
modem qmi partial off
check "disconnect" disconnect
check "link is gone" test ! -e /sys/class/net/rmnet_mhi0.1

modem qmi cut 9
modem qmi wrong-transaction 2
need "session behind a cut frame and wrong transaction ids" connect
check "ping again" ping_through rmnet_mhi0.1 1.1.1.1
check "disconnect again" disconnect

modem qmi wrong-transaction 1000
mhictl connect --apn internet --timeout 5
check_equal "only wrong transaction ids are no answer" 9 $?
modem qmi wrong-transaction 0
