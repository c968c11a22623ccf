# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# What mhictl connect sets is there while it runs, and gone when it ends: link, addresses, routes, DNS, client ids, sessions.

driver_up
echo "nameserver 192.0.2.1" >/etc/resolv.conf

need "session" connect --ip 4+6 --metric 300 --mtu 1400
check "IPv4 default route with its metric" sh -c "ip -4 route show default | grep -q 'dev rmnet_mhi0.1 .*metric 300'"
check "IPv6 default route with its metric" sh -c "ip -6 route show default | grep -q 'dev rmnet_mhi0.1 .*metric 300'"
check_equal "MTU" 1400 "$(cat /sys/class/net/rmnet_mhi0.1/mtu)"
check "DNS is set" grep -q '^nameserver 1.1.1.1' /etc/resolv.conf
check "names resolve" nslookup example.com
# shellcheck disable=SC2016
check "aggregation is what the modem granted" sh -c 'ethtool -c rmnet_mhi0 | grep -q "tx-aggr-max-frames:[[:space:]]*11$"'
for word in modem sync firmware sim registration format mux session address dns connected; do
	check "line '$word'" grep -q "^$word: " /tmp/mhictl.log
done
check "control socket goes by the PCI function" test -S "/run/mhictl/$(pci)-129.sock"

check "disconnect" disconnect
check "line 'stopped'" grep -q '^stopped: on request' /tmp/mhictl.log
check "link is gone" test ! -e /sys/class/net/rmnet_mhi0.1
check_equal "routes are gone" "" "$(ip route show default; ip -6 route show default)"
check_equal "DNS is restored" "nameserver 192.0.2.1" "$(cat /etc/resolv.conf)"
check "control socket is gone" test ! -e "/run/mhictl/$(pci)-129.sock"
check "no client id and no call is left" sh -c "echo '$(modem qmi stats)' | grep -q 'clients=0 calls=0'"

need "session without route and DNS, as JSON" connect --no-route --no-dns --json
check "it is connected" wait_for 30 grep '"event":"connected"' /tmp/mhictl.log
check "each line is an object with all its keys" refused grep -vE \
	'^\{"device":.*,"event":.*,"ip4":.*,"ip6":.*,"link":.*,"mtu":.*,"mux":.*,"pci":.*,"text":.*\}$' /tmp/mhictl.log
check "and says what there is" grep \
	'^{"device":"wwan0","event":"connected","ip4":{"address":"10\.64\.129\.[0-9]*","dns":\["1.1.1.1","8.8.8.8"\],.*,"ip6":null,"link":"rmnet_mhi0\.1","mtu":1500,"mux":129,"pci":"0000:' \
	/tmp/mhictl.log
check "an error is an object, too" sh -c "mhictl connect --json --apn internet --mux 129 2>/dev/null | grep '^{\"error\":{\"code\":4,.*\"word\":\"port-busy\"}}\$'"
check_equal "no default route" "" "$(ip route show default)"
check_equal "DNS is left alone" "nameserver 192.0.2.1" "$(cat /etc/resolv.conf)"
check "disconnect again" disconnect

need "session that is killed" connect
kill -KILL "$session"
wait "$session"
check "DNS is left behind by a SIGKILL" grep -q mhictl /etc/resolv.conf
need "session after it" connect
check "it is up" wait_for 30 grep -q '^connected: ' /tmp/mhictl.log
kill -INT "$session"
wait "$session"
check_equal "SIGINT ends as SIGTERM does" 0 $?
check_equal "DNS is restored in the end" "nameserver 192.0.2.1" "$(cat /etc/resolv.conf)"

# Programs that this machine does not have, as far as mhictl uses them: what they are told goes into /tmp/told.
for program in /usr/sbin/resolvconf /usr/bin/resolvectl; do
	cat >$program <<'END'
#!/bin/sh
{
	echo "${0##*/} $*"
	cat
} >>/tmp/told
END
	chmod 755 $program
done
need "session with resolvconf" connect
check "resolvconf takes DNS" wait_for 10 grep -x 'dns: 1.1.1.1 8.8.8.8 (resolvconf)' /tmp/mhictl.log
check_equal "it has the servers" "resolvconf -a rmnet_mhi0.1 nameserver 1.1.1.1 nameserver 8.8.8.8" "$(tr '\n' ' ' </tmp/told | sed 's/ $//')"
check "disconnect" disconnect
check_equal "and gives them back" "resolvconf -d rmnet_mhi0.1" "$(tail -n 1 /tmp/told)"
rm /usr/sbin/resolvconf /tmp/told
mkdir -p /run/systemd/resolve
need "session with systemd-resolved" connect
check "systemd-resolved takes DNS" wait_for 10 grep -x 'dns: 1.1.1.1 8.8.8.8 (systemd-resolved)' /tmp/mhictl.log
check_equal "it has the servers" "resolvectl dns rmnet_mhi0.1 1.1.1.1 8.8.8.8 resolvectl default-route rmnet_mhi0.1 yes" \
	"$(tr '\n' ' ' </tmp/told | sed 's/ $//')"
check "disconnect" disconnect
check_equal "and gives them back" "resolvectl revert rmnet_mhi0.1" "$(tail -n 1 /tmp/told)"
check_equal "resolv.conf is left alone by both" "nameserver 192.0.2.1" "$(cat /etc/resolv.conf)"
