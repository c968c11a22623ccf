# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
#
#                  mux 0x81 -- rmnet_mhi0.1  10.64.129.x   mhictl connect --apn internet
#     rmnet_mhi0 --
#                  mux 0x82 -- rmnet_mhi0.2  10.64.130.x   mhictl connect --apn ims --mux 130
#
# Two sessions of two processes on one modem: started at once, one ends without the other, the modem crashes under both,
# one is killed. Neither disturbs the other, and nothing is left behind.

driver_up

# start NUMBER ARGUMENTS...: a session on mux id 128 + NUMBER, in the background; its process is $pid_NUMBER.
start() {
	local number=$1
	shift
	mhictl connect --mux $((128 + number)) --no-route --no-dns "$@" >/tmp/mhictl.$number 2>&1 &
	eval "pid_$number=$!"
}

# came_up NUMBER TIMES: it has been connected that often.
came_up() {
	[ "$(grep -c '^connected: ' /tmp/mhictl.$1)" -ge "$2" ]
}

start 1 --apn internet
start 2 --apn ims
check "session 1 is up" wait_for 60 came_up 1 1 || cat /tmp/mhictl.1
check "session 2 is up" wait_for 60 came_up 2 1 || cat /tmp/mhictl.2
check_equal "by way of one proxy" 1 "$(proxies)"
check_equal "both on one format" 1 "$(cat /tmp/mhictl.1 /tmp/mhictl.2 | grep '^format: ' | sort -u | wc -l)"
check_equal "with two calls" 2 "$(calls)"
check "ping through session 1" ping_through rmnet_mhi0.1 1.1.1.1
check "ping through session 2" ping_through rmnet_mhi0.2 1.1.1.2
mhictl status --json >/tmp/status.json
cat /tmp/status.json
check "status shows both" grep '"apn":"internet".*"link":"rmnet_mhi0\.1".*"apn":"ims".*"link":"rmnet_mhi0\.2"' /tmp/status.json
check "and both are up" grep '"state":"up".*"state":"up"' /tmp/status.json
check "status in words too" sh -c 'mhictl status | grep "^session" | grep -c " up " | grep -x 2'

ping -q -c 100 -i 0.05 -W 5 -I rmnet_mhi0.1 1.1.1.1 >/tmp/ping.1 &
ping=$!
check "session 2 ends" kill -TERM "$pid_2"
wait "$pid_2"
check_equal "cleanly" 0 $?
wait $ping
check "session 1 lost nothing" grep ' 0% packet loss' /tmp/ping.1
check "link 2 is gone" test ! -e /sys/class/net/rmnet_mhi0.2
check_equal "one call is left" 1 "$(calls)"
check_equal "the base stays up" up "$(ip -o link show rmnet_mhi0 | grep -q '[<,]UP[,>]' && echo up)"

start 2 --apn ims
check "session 2 is up again" wait_for 60 came_up 2 1
check "ping through it" ping_through rmnet_mhi0.2 1.1.1.2

modem sys_err
check "session 1 comes back after the crash" wait_for 90 came_up 1 2
check "session 2 comes back after the crash" wait_for 60 came_up 2 2
check "ping through session 1 after the crash" ping_through rmnet_mhi0.1 1.1.1.1
check "ping through session 2 after the crash" ping_through rmnet_mhi0.2 1.1.1.2

before=$(clients)
kill -KILL "$pid_2"
wait "$pid_2"
check "the killed session's call ends" wait_for 10 have calls 1
check "and its client ids are free" wait_for 10 have clients $((before - 5))
check "session 1 goes on" ping_through rmnet_mhi0.1 1.1.1.1
check "the killed session's link is left" test -e /sys/class/net/rmnet_mhi0.2
start 2 --apn ims
check "session 2 is up after it" wait_for 60 came_up 2 1
check "on a link of its own" ping_through rmnet_mhi0.2 1.1.1.2

kill -TERM "$pid_1" "$pid_2"
wait "$pid_1"
check_equal "session 1 ends cleanly" 0 $?
wait "$pid_2"
check_equal "session 2 too" 0 $?
check_equal "no client id is left" 0 "$(clients)"
check_equal "no call is left" 0 "$(calls)"
check "the proxy ends by itself" wait_for 30 have proxies 0
