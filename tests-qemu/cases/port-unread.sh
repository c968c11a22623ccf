# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 240
# A port that is open and that nobody reads, while the modem has more and more to say there: it is taken in to a bound and no further,
# and data, QMI and AT, which share its event ring, go on. Once it is read, the rest comes.

diag=/dev/wwan0qcdm0

flooded() {
	modem diag stats | sed 's/.*flooded=//'
}

flooded_above() {
	[ "$(flooded)" -gt "$1" ]
}

answered() {
	mhictl status | grep -q '^operator  *Test Network'
}

driver_up
need "session" connect --ip 4+6
need "a diagnostic port" test -c $diag
exec 5<>$diag
check "the modem has a million messages" modem diag flood 1500 1000000
check "they come" wait_for 10 flooded_above 100
check "QMI goes on" answered
check "AT goes on" mhictl at ATI
check "TCP goes on" transfer tcp-echo $ipv4 1 2000000
check "UDP goes on" transfer udp-echo $ipv4 2 100 1100 500
level=$(flooded)
check "QMI still" answered
check_equal "no message more was taken" "$level" "$(flooded)"
check "which is a ring, not a million" test "$level" -lt 300
check "reading it" dd of=/tmp/read bs=1500 count=200 if=/proc/self/fd/5
check "makes room" wait_for 10 flooded_above "$level"
check "TCP while it is full again" transfer tcp-get $ipv4 3 5000000
crashes=$(counter $base modem_crashes)
check "a crash with the port open" modem sys_err
check "is noticed" wait_for 20 crashed_beyond $crashes
check "the modem is up again" wait_for 60 state_is up
exec 5<&-
check "its session is back" wait_for 40 ping_through $link $ipv4 1
check "AT after it" mhictl at ATI
check "disconnect" disconnect
check "the driver goes" driver_unload
