# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# `make demo`: what the reader of a guide does on a router, each command with what it prints. Sourced by init.

. /test/guest.sh

failures=0

# show COMMAND: prints and runs it as the shell would.
show() {
	printf '\n# %s\n' "$1"
	sh -c "$1" 2>&1 || failures=$((failures + 1))
}

demo() {
	if ! driver_load || ! wait_for 15 ports_are_there; then
		echo "the driver did not bring up the modem; the kernel's last words:"
		dmesg | tail -n 20
		return 1
	fi
	show 'lsmod | grep rmnet_mhi'
	# shellcheck disable=SC2016
	show "mhictl at 'AT+QNWPREFCFG=\"mode_pref\",NR5G:LTE'"

	printf '\n# mhictl connect --apn internet &\n'
	mhictl connect --apn internet 2>&1 &
	wait_for 40 has_address rmnet_mhi0.1 || failures=$((failures + 1))
	wait_for 10 sh -c 'ip route show dev rmnet_mhi0.1 | grep -q default'

	show 'mhictl status'
	show 'ip -br addr show rmnet_mhi0.1'
	show 'ping 1.1.1.1 -c 4 -I rmnet_mhi0.1'
	kill -TERM $! && wait $!
	[ $failures = 0 ]
}

if demo >/dev/virtio-ports/out 2>&1; then
	pass demo
else
	fail "demo: see above"
fi
verdict "done"
