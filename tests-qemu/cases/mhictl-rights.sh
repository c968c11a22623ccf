# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 120
# A session with CAP_NET_ADMIN and no other right, as the systemd unit gives it; without that one, an error that says so.

with() {
	rights="/usr/bin/setpriv --no-new-privs --inh-caps -all --bounding-set -all$1"
}

crashed() {
	[ "$(counter $base modem_crashes)" = 1 ]
}

driver_up
with ""
check_equal "no right is left" 0000000000000000 "$($rights sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
check "without CAP_NET_ADMIN there is no session" exits 13 "run mhictl as root (or with CAP_NET_ADMIN" $rights mhictl connect --apn internet
check "which mhictl says once" grep -qx "mhictl: error: make $link with mux id 129 on $base: Operation not permitted (os error 1)" /tmp/exits.log
with ",+net_admin"
check_equal "CAP_NET_ADMIN alone is left" 0000000000001000 "$($rights sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
need "session" connect --ip 4+6
check "ping" ping_through $link $ipv4
check "ping over IPv6" ping_through $link $ipv6
check "status" $rights mhictl status
modem sys_err
check "the crash is seen" wait_for 20 crashed
check "the session is back" wait_for 60 ping_through $link $ipv4 1
check "disconnect" disconnect
check "the link is gone" sh -c "! ip link show $link"
