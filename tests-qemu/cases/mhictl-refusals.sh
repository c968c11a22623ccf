# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# modem: --ul-max-packets 1
# What modem, network or kernel refuse and what mhictl makes of it: aggregation, one family of two, one authentication of two, a password.

driver_up
check "aggregation as with a modem that grants it" ethtool -C $base tx-aggr-max-bytes 8192 tx-aggr-max-frames 11

# up_with NAME ARGUMENTS...: a session that comes up, and stays for the checks that follow.
up_with() {
	local name=$1
	shift
	mhictl connect "$@" >/tmp/mhictl.log 2>&1 &
	session=$!
	check "$name: up" wait_for 40 said 1 connected || cat /tmp/mhictl.log
}

up_with "IPv4 only" --apn v4only.test --ip 4+6
check_equal "no aggregation granted: none" 1 "$(ethtool -c $base | sed -n 's/^tx-aggr-max-frames:[[:space:]]*//p')"
check "IPv4 only: said" grep '^session: ipv6 APN v4only.test refused: IPv4 only allowed' /tmp/mhictl.log
check "IPv4 only: ping" ping_through $link 1.1.1.1
check_equal "IPv4 only: no IPv6 address" "" "$(ip -6 -o addr show dev $link scope global)"
check "IPv4 only: disconnect" disconnect

up_with "IPv6 only" --apn v6only.test --ip 4+6
check "IPv6 only: said" grep '^session: ipv4 APN v6only.test refused: IPv6 only allowed' /tmp/mhictl.log
check "IPv6 only: ping" ping_through $link 2606:4700:4700::1111
check_equal "IPv6 only: no IPv4 address" "" "$(ip -4 -o addr show dev $link)"
check "IPv6 only: disconnect" disconnect

echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
up_with "IPv6 switched off here" --apn internet --ip 4+6
check "IPv6 switched off here: said" grep 'no IPv6: .* not set' /tmp/mhictl.log
check "IPv6 switched off here: ping" ping_through $link 1.1.1.1
check "IPv6 switched off here: disconnect" disconnect
echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6

export MHICTL_PASSWORD=secret
up_with "PAP only" --apn pap.test --user user
check "PAP only: CHAP was tried" grep '^session: ipv4 .*user authentication failed.*; trying chap' /tmp/mhictl.log
check "PAP only: then PAP" grep '^session: ipv4 .*user authentication failed.*; trying pap' /tmp/mhictl.log
check "PAP only: ping" ping_through $link 1.1.1.1
modem qmi network-release 129
check "PAP only: back after a release" wait_for 30 said 2 connected
check_equal "PAP only: by what was taken before" 2 "$(grep -c '; trying ' /tmp/mhictl.log)"
check "PAP only: disconnect" disconnect
up_with "CHAP only" --apn chap.test --user user
check_equal "CHAP only: at once" 0 "$(grep -c '; trying ' /tmp/mhictl.log)"
check "CHAP only: disconnect" disconnect
up_with "PAP asked for" --apn pap.test --user user --auth pap
check "PAP asked for: disconnect" disconnect
check "PAP asked for, CHAP wanted" exits 8 "user authentication failed" mhictl connect --apn chap.test --user user --auth pap
export MHICTL_PASSWORD=wrong
check "wrong password" exits 8 "user authentication failed" mhictl connect --apn auth.test --user user
check_equal "each way was tried once" 2 "$(grep -c '; trying ' /tmp/exits.log)"
unset MHICTL_PASSWORD

check "profile of the modem: made" mhictl at 'AT+CGDCONT=5,"IPV4V6","internet"'
up_with "profile of the modem" --profile 5
check "profile of the modem: ping" ping_through $link 1.1.1.1
check "profile of the modem: disconnect" disconnect
check_equal "nothing is left" "0 0" "$(clients) $(calls)"
