# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: systemd
# memory: 768M
# timeout: 600
# append: modprobe.blacklist=mhi_pci_generic
# The unit as systemd runs it: active once the session is up, status and journal, rights, DNS, a crash, the watchdog, the end.

unit=mhictl@internet.service

property() {
	systemctl show --value --property "$1" "${2:-$unit}"
}

unit_is() {
	[ "$(property ActiveState)" = "$1" ]
}

status_has() {
	property StatusText | grep -q "$1"
}

# entries FIELD=VALUE...: how many lines of the journal have these fields.
entries() {
	journalctl --quiet --output json "$@" | wc -l
}

has_entries() {
	[ "$(entries "$@")" -ge 1 ]
}

resolver_has() {
	resolvectl dns $link | grep -q "$1"
}

ports_are_the_groups() {
	[ "$(stat -c %G:%a $qmi $at)" = "mhictl:660
mhictl:660" ]
}

another_process() {
	[ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ] && unit_is active
}

# drop_in UNIT SETTING...
drop_in() {
	local directory=/run/systemd/system/$1.d
	shift
	mkdir -p "$directory"
	printf '%s\n' "[Service]" "$@" >"$directory/case.conf"
	systemctl daemon-reload
}

capabilities() {
	sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$1/status"
}

booted=$(uptime_seconds)
if [ "$booted" -gt 60 ] && is_busy; then
	skip "it boots within a minute: this machine is too busy to tell ($booted s)"
else
	check "it boots within a minute" test "$booted" -le 60
fi
mkdir /etc/mhictl
echo 'MHICTL_OPTIONS=--apn internet --ip 4+6' >/etc/mhictl/internet.conf
chmod 600 /etc/mhictl/internet.conf
systemctl start --no-block $unit
check "before there is a modem: the proxy is at work" wait_for 30 systemctl is-active mhictl-proxy.service
driver_up
check "before there was a modem: it comes up with it" wait_for 60 unit_is active
check "and ends" systemctl stop $unit
check "QMI and AT port are the group's" wait_for 10 ports_are_the_groups
check "systemd-analyze finds nothing" sh -c "systemd-analyze verify mhictl@internet.service mhictl-proxy.service 2>&1 | tee /dev/stderr | grep -c . | grep -x 0"
systemctl start polkit systemd-resolved

modem qmi registration searching
systemctl start --no-block $unit
check "while the network is looked for, that is its status" wait_for 30 status_has '^registration: searching'
check "and it is not active" unit_is activating
modem qmi registration home
check "it is active" wait_for 30 unit_is active
check_equal "connected is its status" "connected: $link" "$(property StatusText)"
check "systemctl shows it" sh -c "systemctl status --no-pager $unit | tee /dev/stderr | grep 'Status: \"connected: $link\"'"
check "ping" ping_through $link 1.1.1.1
check "ping over IPv6" ping_through $link 2606:4700:4700::1111
check "status, asked by root" sh -c "mhictl status | grep '^session *$link up'"
check "qmicli goes through the proxy" qmicli -p -d $qmi --dms-get-model

main=$(property MainPID)
proxy=$(property MainPID mhictl-proxy.service)
check_equal "it is no root" mhictl "$(stat -c %U "/proc/$main")"
check_equal "its one capability is CAP_NET_ADMIN" 0000000000001000 "$(capabilities "$main")"
check_equal "the proxy has none" 0000000000000000 "$(capabilities "$proxy")"
check_equal "mhictl has started no proxy of its own" "$main" "$(cat "/sys/fs/cgroup$(property ControlGroup)/cgroup.procs")"
check "resolved has the DNS servers" resolver_has '1.1.1.1'
check "and asks them" sh -c "resolvectl default-route $link | grep -w yes"
check "mhictl says so" sh -c "journalctl --output cat MHICTL_EVENT=dns | grep '(systemd-resolved)'"
check_equal "journal: no warning" 0 "$(entries MHICTL_EVENT=warning "_PID=$main")"

for field in MHICTL_DEVICE=wwan0 "MHICTL_PCI=$(pci)" MHICTL_LINK=$link MHICTL_MUX=129 PRIORITY=5; do
	check "journal: connected has $field" has_entries MHICTL_EVENT=connected "$field" "_PID=$main"
done
check_equal "journal: one entry for it" 1 "$(entries MHICTL_EVENT=connected "_PID=$main")"
journalctl --no-pager --unit $unit --output short-monotonic

modem reset-delay 2000
index=$(cat /sys/class/net/$link/ifindex)
modem sys_err
check "crash: it is told of" wait_for 20 has_entries MHICTL_EVENT=disconnected PRIORITY=4 "_PID=$main"
check "crash: the session comes back" wait_for 60 status_has "^connected: $link"
check "crash: ping" ping_through $link 1.1.1.1
check_equal "crash: at the first attempt" 0 "$(entries MHICTL_EVENT=retry)"
journalctl --no-pager --unit $unit --output short-monotonic --lines 16
check_equal "crash: the same process" "$main" "$(property MainPID)"
check_equal "crash: the same link" "$index" "$(cat /sys/class/net/$link/ifindex)"

echo 'MHICTL_OPTIONS=--apn internet --no-dns' >/etc/mhictl/internet.conf # a resolver on a busy machine is too slow for this
drop_in $unit WatchdogSec=10 RestartSec=1
check "restart, with a watchdog of 10 seconds" systemctl restart $unit
check_equal "the proxy has outlived it" "$proxy" "$(property MainPID mhictl-proxy.service)"
main=$(property MainPID)
usleep 21000000 # two of its times
check_equal "watchdog: one that works is left alone" "$main" "$(property MainPID)"
kill -STOP "$main"
check "watchdog: one that is stopped is killed and comes back" wait_for 60 another_process "$main"
check_equal "watchdog: that was the reason" 1 "$(property NRestarts)"
journalctl --no-pager --unit $unit --output cat --grep Watchdog
check "watchdog: ping" ping_through $link 1.1.1.1

check "systemctl stop" systemctl stop $unit
check_equal "with success" success "$(property Result)"
check "the link is gone" test ! -e /sys/class/net/$link
check "and its addresses" refused has_address $link
check "the proxy ends with it" wait_for 20 sh -c "[ \$(systemctl show --value --property ActiveState mhictl-proxy.service) = inactive ]"

cat >/etc/mhictl/config.toml <<'EOF'
no-dns = true
[session.internet]
apn = "internet"
[session.ims]
apn = "ims"
mux = 130
no-route = true
[session.bad]
apn = "reject.test"
mux = 131
EOF
chgrp mhictl /etc/mhictl/config.toml
chmod 640 /etc/mhictl/config.toml
echo "MHICTL_OPTIONS=--pdn all" >/etc/mhictl/internet.conf
check "three sessions of a configuration file, one of them refused: it does not wait for ever" systemctl start $unit
check "the others are up" sh -c "mhictl status | grep '^session' | grep -c ' up ' | grep -x 2"
check "ping through the second" ping_through rmnet_mhi0.2 1.1.1.2
main=$(property MainPID)
usleep 21000000
check_equal "the watchdog leaves them alone" "$main" "$(property MainPID)"
check "they stop" systemctl stop $unit
check "both links are gone" test ! -e /sys/class/net/$link -a ! -e /sys/class/net/rmnet_mhi0.2
rm /etc/mhictl/config.toml

systemctl stop systemd-resolved
echo 'MHICTL_OPTIONS=--apn internet' >/etc/mhictl/internet.conf
rm -rf /run/systemd/resolve /etc/resolv.conf
echo nameserver 192.0.2.53 >/etc/resolv.conf
drop_in mhictl-proxy.service User=root Group=root
drop_in $unit User=root Group=root ReadWritePaths=/etc
check "as root, for /etc/resolv.conf" systemctl start $unit
check "the file has the DNS servers" grep -x 'nameserver 1.1.1.1' /etc/resolv.conf
check_equal "for all to read" 644 "$(stat -c %a /etc/resolv.conf)"
check_equal "still no other right" 0000000000001000 "$(capabilities "$(property MainPID)")"
check "stop" systemctl stop $unit
check_equal "the file is as it was" "nameserver 192.0.2.53" "$(cat /etc/resolv.conf)"

rm -r /run/systemd/system/mhictl-proxy.service.d
drop_in $unit RestartSec=1
modem qmi sim locked
printf '%s\n' 'MHICTL_OPTIONS=--apn internet --no-dns -v' MHICTL_PIN=9999 >/etc/mhictl/internet.conf
check "a wrong PIN: it fails" refused systemctl start $unit
check "a wrong PIN: the journal says so" has_entries MHICTL_EVENT=error MHICTL_ERROR=sim-locked PRIORITY=3
check "a wrong PIN: the journal has the message" sh -c "journalctl --no-pager --output cat | grep 'VerifyPin request .*pin=\*\*\*'"
check "a wrong PIN: but not the PIN" refused sh -c "journalctl --no-pager --output cat | grep -w 9999"
usleep 4000000
check_equal "a wrong PIN: it is not started again" "failed 0" "$(property ActiveState) $(property NRestarts)"
check "a wrong PIN: it has cost one try" sh -c "mhictl status --json | grep '\"pin_tries\":2'"
modem qmi sim ready
echo 'MHICTL_OPTIONS=--apn internet --mux 300' >/etc/mhictl/internet.conf
check "bad options: it fails" refused systemctl start $unit
check "bad options: the journal says what they are" has_entries MHICTL_EVENT=error MHICTL_ERROR=usage MHICTL_EXIT=2 PRIORITY=3
systemctl stop $unit

rm -r /run/systemd/system/*.d
systemctl daemon-reload
systemd-analyze security --no-pager mhictl@internet.service | tail -n 3
systemd-analyze security --no-pager mhictl-proxy.service | tail -n 3
check "exposure of the session" systemd-analyze security --no-pager --threshold=20 mhictl@internet.service
check "exposure of the proxy" systemd-analyze security --no-pager --threshold=20 mhictl-proxy.service
