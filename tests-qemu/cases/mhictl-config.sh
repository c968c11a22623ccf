# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# The configuration file: several sessions by one command, each kept up by itself, all ended by one signal; a dry run.

driver_up
mkdir -p /etc/mhictl
file=/etc/mhictl/config.toml
cat >$file <<'EOF'
metric = 300

[session.internet]
apn = "auth.test"
user = "user"
password = "secret"
ip = "4+6"

[session.ims]
apn = "ims"
mux = 130
no-route = true
no-dns = true

[session.bad]
apn = "reject.test"
mux = 131
EOF

check "a password that everybody may read" exits 2 "everybody may read it" mhictl connect --pdn internet
chmod 600 $file
check "no such session" exits 2 "there are: bad, ims, internet" mhictl connect --pdn voice

check "dry run" exits 0 "would mux: rmnet_mhi0.2 id 130" mhictl connect --pdn all --dry-run
check "dry run as objects" sh -c "mhictl connect --pdn all --dry-run --json | grep -c '^{.*\"mux\":\"rmnet_mhi0\.' | grep -x 3"
check "dry run: the user" grep 'would session: .* APN auth.test as user' /tmp/exits.log
check "dry run: not the password" refused grep secret /tmp/exits.log
check "dry run: the metric" grep -x 'would route: default, metric 300' /tmp/exits.log
check "dry run: no link" test ! -e /sys/class/net/rmnet_mhi0.1
check "dry run: no lock, no socket" test ! -e /run/mhictl
check_equal "dry run: the modem was not asked" 0 "$(clients)"
check_equal "dry run: nor by a proxy" 0 "$(proxies)"

start() {
	mhictl connect "$@" >/tmp/mhictl.log 2>&1 &
	session=$!
}

# of NAME COUNT: the session of that name has come up that often.
of() {
	[ "$(grep -c "^$1 connected: " /tmp/mhictl.log)" -ge "$2" ]
}

no_links() {
	[ ! -e /sys/class/net/rmnet_mhi0.1 ] && [ ! -e /sys/class/net/rmnet_mhi0.2 ]
}

start --pdn all
check "internet is up" wait_for 60 of internet 1 || cat /tmp/mhictl.log
check "ims is up" wait_for 60 of ims 1
check "ping through internet" ping_through rmnet_mhi0.1 1.1.1.1
check "ping through ims" ping_through rmnet_mhi0.2 1.1.1.2
check "the metric is that of the file" sh -c "ip -4 route show default | grep 'dev rmnet_mhi0.1 .*metric 300'"
check_equal "one default route" 1 "$(ip -4 route show default | wc -l)"
check "a third is refused, and tried again" wait_for 30 grep 'session bad has ended: the network refused .*; again in' /tmp/mhictl.log
check "status shows both" sh -c 'mhictl status | grep "^session" | grep -c " up " | grep -x 2'

kill -KILL "$(processes "pdn=ims --supervised")"
check "one is killed: said" wait_for 5 grep 'session ims has ended: signal: 9.*; again in' /tmp/mhictl.log
check "one is killed: back" wait_for 40 of ims 2
check "one is killed: ping" ping_through rmnet_mhi0.2 1.1.1.2
check_equal "one is killed: not the other" 1 "$(grep -c '^internet connected: ' /tmp/mhictl.log)"
modem sys_err
check "a crash: internet is back" wait_for 60 of internet 2
check "a crash: ims is back" wait_for 60 of ims 3

kill -TERM "$session"
wait "$session"
check_equal "one signal ends all" 0 $?
check "their links are gone" no_links
check_equal "and their client ids and calls" "0 0" "$(clients) $(calls)"

cp "$(command -v mhictl)" /tmp/mhictl
/tmp/mhictl connect --pdn internet --pdn ims --no-route >/tmp/mhictl.log 2>&1 &
session=$!
check "two by name" wait_for 60 of internet 1
check "both" wait_for 60 of ims 1
check_equal "the command line counts for both" "" "$(ip route show default)"
rm /tmp/mhictl # as an upgrade does
kill -KILL "$(processes "pdn=ims --supervised")"
check "a program that is gone starts its sessions nevertheless" wait_for 40 of ims 2
check_equal "by its name" mhictl "$(cat "/proc/$(processes "pdn=ims --supervised")/comm")"
kill -KILL "$session"
wait "$session"
check "a supervisor that is killed takes them along" wait_for 20 have clients 0
check "with their links" wait_for 10 no_links

modem qmi sim locked
check "two that cannot go on: the code of the first to end" exits 6 "has ended: the SIM wants a PIN" \
	mhictl connect --pdn internet --pdn ims
check "both are told of" sh -c "grep -c 'error: .*wants its PIN' /tmp/exits.log | grep -x 2"
modem qmi sim ready

start --pdn internet
check "one by name" wait_for 60 said 1 connected
check "disconnect" disconnect
