# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# mhictl connect --hook: a program is told of each turn of the session, with its addresses, and may set them itself.

driver_up

cat >/tmp/hook <<'EOF'
#!/bin/sh
# Sets what an `up` or `change` says, and keeps what it was told.
env | sort >"/tmp/told.$1"
case $1 in
up | change)
	ip addr flush dev "$MHICTL_LINK" scope global
	ip addr add "$MHICTL_IP4_ADDRESS/$MHICTL_IP4_PREFIX" dev "$MHICTL_LINK"
	ip -6 addr add "$MHICTL_IP6_ADDRESS/$MHICTL_IP6_PREFIX" dev "$MHICTL_LINK"
	;;
down)
	[ ! -e "/sys/class/net/$MHICTL_LINK" ] || touch /tmp/link.at.down
	sleep 1
	touch /tmp/down.finished
	;;
esac
echo "$1" >>/tmp/events
exit 3
EOF
chmod +x /tmp/hook

# told EVENT PATTERN: the hook was told so.
told() {
	grep -x -e "$2" "/tmp/told.$1"
}

heard() {
	[ "$(tail -n 1 /tmp/events)" = "$1" ]
}

MHICTL_PASSWORD=secret MHICTL_EVENT=stale MHICTL_IP4_DNS=stale FLAVOUR=mine \
	mhictl connect --apn auth.test --user user --ip 4+6 --no-address --hook /tmp/hook >/tmp/mhictl.log 2>&1 &
session=$!
need "the hook is told that it is up" wait_for 40 heard up
cat /tmp/told.up
for line in MHICTL_EVENT=up MHICTL_DEVICE=wwan0 "MHICTL_PCI=$(pci)" MHICTL_BASE=rmnet_mhi0 MHICTL_LINK=rmnet_mhi0.1 MHICTL_MUX=129 \
	MHICTL_MTU=1500 'MHICTL_IP4_ADDRESS=10\.64\.129\.2' MHICTL_IP4_PREFIX=28 'MHICTL_IP4_GATEWAY=10\.64\.129\.3' \
	'MHICTL_IP4_DNS=1\.1\.1\.1 8\.8\.8\.8' 'MHICTL_IP6_ADDRESS=2001:.*' MHICTL_IP6_PREFIX=64 'MHICTL_IP6_DNS=.*:.*' FLAVOUR=mine; do
	check "up: $line" told up "$line"
done
check "no error is told" refused grep -E '^MHICTL_(EXIT|ERROR|REASON)=' /tmp/told.up
check "the password is not told" refused grep -i secret /tmp/told.up
check "nor shown in the command line" refused grep -a secret "/proc/$session/cmdline"
check "the hook's exit code is warned of" wait_for 5 grep 'warning: hook /tmp/hook up: exit status: 3' /tmp/mhictl.log
check_equal "mhictl sets no route" "" "$(ip route show default; ip -6 route show default)"
check "mhictl leaves DNS alone" refused grep -s mhictl /etc/resolv.conf
check_equal "MTU is set" 1500 "$(cat /sys/class/net/$link/mtu)"
check "ping from the hook's address" ping_through $link 1.1.1.1
ip -6 route add default dev $link
check "ping from the hook's IPv6 address" ping_through $link 2606:4700:4700::1111

modem qmi address-change
check "a change is told" wait_for 10 heard change
check "with the new address" refused told change 'MHICTL_IP4_ADDRESS=10\.64\.129\.2'
check "ping from the changed address" ping_through $link 1.1.1.1

modem qmi reject-apn 33
modem qmi network-release 129
check "the release is told" wait_for 10 heard down
check "with a reason" told down 'MHICTL_REASON=the network released the session.*'
check "a failed attempt is told" wait_for 20 heard failed
check "with its code" told failed MHICTL_EXIT=8
check "and its word" told failed MHICTL_ERROR=session-refused
modem qmi reject-apn off
check "the return is told" wait_for 30 heard up
check "ping again" ping_through $link 1.1.1.1

rm -f /tmp/link.at.down /tmp/down.finished
check "disconnect" disconnect
check "its hook has run before" heard down
check "to the end" test -e /tmp/down.finished
check "while the link was there" test -e /tmp/link.at.down
check "on request" told down 'MHICTL_REASON=on request'
check "the link is gone" test ! -e /sys/class/net/$link

modem qmi sim absent
timeout 60 mhictl connect --apn internet --hook /tmp/hook
check_equal "an error still has its exit code" 5 $?
check "and was told before the end" told failed MHICTL_ERROR=sim-absent
modem qmi sim ready
check "a hook that is not there is no hindrance" connect --hook /nonexistent
check "disconnect again" disconnect

# A hook that never ends holds up nothing but the events behind it.
printf '#!/bin/sh\nsleep 1000\n' >/tmp/hook
need "session with a hook that hangs" connect --hook /tmp/hook
check "status answers" timeout 10 mhictl status
check "ping beside it" ping_through $link 1.1.1.1
check "it is killed in the end, and the session ends" timeout 100 sh -c "kill -TERM $session; while kill -0 $session 2>/dev/null; do usleep 100000; done"
wait "$session"
none_is_left() {
	[ -z "$(processes 'sleep 1000')" ]
}
check "nothing of it is left" wait_for 5 none_is_left
