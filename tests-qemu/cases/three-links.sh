# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
#
#                  mux 0x81 -- rmnet_mhi0.1  10.64.129.x   session 1
#     rmnet_mhi0 --mux 0x82 -- rmnet_mhi0.2  10.64.130.x   session 2
#                  mux 0x83 -- rmnet_mhi0.3  10.64.131.x   session 3
#
# Three sessions at once, kept apart: what goes through one shows on no other.

driver_up
# What a router says to solicitations would be counted, too.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
need "session 1" connect --no-route
need "session 2" extra_link 2
need "session 3" extra_link 3

received() {
	for number in 1 2 3; do
		statistic rmnet_mhi0.$number rx_packets
	done | tr '\n' ' '
}

addresses=$(ip -4 -o addr show | sed -n 's/.*rmnet_mhi0\.[123] *inet \([0-9.]*\).*/\1/p' | sort -u | wc -l)
check_equal "addresses of their own" 3 "$addresses"
for number in 1 2 3; do
	ip route replace 1.1.1.$number dev rmnet_mhi0.$number
	before=$(received)
	check "ping through link $number" ping_through rmnet_mhi0.$number 1.1.1.$number 20
	echo "received: $before-> $(received)"
	expected=$(echo "$before" | awk -v n=$number '{ $n += 20; print $0 " " }')
	check_equal "only link $number received" "$expected" "$(received)"
done

for number in 1 2 3; do
	ping -q -c 100 -i 0.02 -W 5 -I rmnet_mhi0.$number 1.1.1.$number >/tmp/ping.$number &
	eval "ping$number=$!"
done
for number in 1 2 3; do
	eval "wait \$ping$number"
	check "all at once: link $number lost nothing" grep ' 0% packet loss' /tmp/ping.$number
done
check "link 2 is deleted" ip link del rmnet_mhi0.2
check "link 2 is gone" test ! -e /sys/class/net/rmnet_mhi0.2
check "link 1 still works" ping_through rmnet_mhi0.1 1.1.1.1
check "link 3 still works" ping_through rmnet_mhi0.3 1.1.1.3
