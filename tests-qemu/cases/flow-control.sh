# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 120
# The modem stops one link and resumes it; its neighbour does not notice.

driver_up
need "session 1" connect --no-route
need "session 2" extra_link 2
ip route replace 1.1.1.1 dev rmnet_mhi0.1
ip route replace 1.1.1.2 dev rmnet_mhi0.2

# acknowledged TRANSACTION
acknowledged() {
	modem data flow status "$1" | grep -q ack
}

for round in 1 2 3; do
	check "ping 1 before, $round" ping_through rmnet_mhi0.1 1.1.1.1
	stopped=$(modem data flow disable 129)
	check "stop is acknowledged $round" wait_for 5 acknowledged "$stopped"
	check "link 1 is stopped $round" refused ping -c 2 -i 0.2 -W 1 -I rmnet_mhi0.1 1.1.1.1
	check "link 2 goes on $round" ping_through rmnet_mhi0.2 1.1.1.2 10
	resumed=$(modem data flow enable 129)
	check "resumption is acknowledged $round" wait_for 5 acknowledged "$resumed"
	check "link 1 goes on $round" ping_through rmnet_mhi0.1 1.1.1.1
done
check "the modem saw nothing of a stopped link" sh -c "echo '$(modem data stats)' | grep -q 'ul_while_disabled=0 '"
check_equal "stops are counted" 3 "$(counter $base rx_flow_disable)"
check_equal "resumptions are counted" 3 "$(counter $base rx_flow_enable)"

stopped=$(modem data flow disable 201)
check "a stop for a link that is not there is answered" wait_for 5 sh -c ". /test/guest.sh; modem data flow status $stopped | grep -qE 'invalid|unsupported|nack'"
