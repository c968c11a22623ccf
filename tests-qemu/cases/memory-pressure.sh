# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# kernel: debug
# timeout: 300
# Allocations fail, by the kernel's own fault injection: at random under traffic both ways, and one after the other in whatever makes
# something. What is lost is counted, what fails leaves nothing behind, the rings run on, and all is well afterwards.

slab=/sys/kernel/debug/failslab
page=/sys/kernel/debug/fail_page_alloc

# Where modules' code lies: only what a module of the modem's asks for is to fail where this is said.
case $(uname -m) in
x86_64) first=0xffffffffa0000000 last=0xfffffffffeffffff ;;
*) first=0xffff800000000000 last=0xffff80007fffffff ;;
esac

# The kernel's interrupt code goes on without a file in /proc that it could not make, and warns when it then removes it.
spared() {
	sort /proc/kallsyms | awk 'found { print "0x" $1; exit } $3 == "__proc_create" { print "0x" $1; found = 1 }'
}
spared_start=$(spared | head -n 1) spared_end=$(spared | tail -n 1)
# DMA debugging gives up when its own allocations fail, and the kernel says which interface it could not make.
expected_complaint="dma-debug disabled
kobject_add_internal failed"

# injection WHO SLEEPING PERCENT: WHO is modules or everybody; what may sleep fails only if SLEEPING is yes. PERCENT 0 ends it.
injection() {
	local site start=0 end=0xffffffffffffffff depth=0 wait=Y
	[ $1 = everybody ] || start=$first end=$last depth=32
	[ $2 = no ] || wait=N
	for site in $slab $page; do
		echo 0 >$site/probability
		echo $start >$site/require-start && echo $end >$site/require-end && echo $depth >$site/stacktrace-depth &&
			echo $spared_start >$site/reject-start && echo $spared_end >$site/reject-end &&
			echo $wait >$site/ignore-gfp-wait && echo 0 >$site/verbose && echo 1 >$site/interval && echo -1 >$site/times || return
	done
	echo 0 >$page/min-order
	echo $3 >$slab/probability
	echo $3 >$page/probability
}

calm() {
	injection everybody no 0
}

# fails N COMMAND...: the Nth allocation that the command makes by way of a module fails.
fails() {
	# shellcheck disable=SC2016 # expanded within
	dash -c 'echo $0 >/proc/self/fail-nth && exec "$@"' "$@" >/tmp/fails.log 2>&1
}

# Whether an allocation has failed since: each site counts down.
has_failed() {
	[ "$(cat $slab/times)$(cat $page/times)" != 100100 ]
}

# each_fails NAME STEP UNDO COMMAND...: with one of its first STEP allocations failing, by SEED, then one STEP further on, and so on, until
# it makes no more. UNDO has to work whenever the command has. With `who` set to everybody, it need not be by way of a module.
each_fails() {
	local name=$1 step=$2 undo=$3 number tries=0 mattered=0
	number=$((1 + ${SEED:-1} % step))
	shift 3
	injection ${who:-modules} yes 0
	while [ $number -lt 5000 ]; do
		tries=$((tries + 1))
		echo 100 >$slab/times
		echo 100 >$page/times
		if fails $number "$@"; then
			$undo || {
				fail "$name: cannot be undone with allocation $number missing"
				break
			}
		else
			mattered=$((mattered + 1))
		fi
		has_failed || break
		number=$((number + step))
	done
	calm
	check "$name: some $number allocations, $tries tries, $mattered without success" test $mattered -gt 0 -a $number -lt 5000
}

# counters NAME...: their sum.
counters() {
	local sum=0 name
	for name; do
		sum=$((sum + $(counter $base $name)))
	done
	echo $sum
}

whole() {
	transfer tcp-get $ipv4 1 2000000 && transfer tcp-put $ipv4 2 2000000 && transfer tcp-echo $ipv6 3 500000 &&
		transfer udp-get $ipv6 4 500 1200 1000 && transfer udp-put $ipv4 5 500 1200 1000
}

# A program that is told of missing memory may give up.
told_so() {
	[ -e /tmp/flows.failed ] || return 0
	grep -v 'os error 12' /tmp/flows.failed >/tmp/flows.left || rm /tmp/flows.failed
	[ ! -s /tmp/flows.left ] || mv /tmp/flows.left /tmp/flows.failed
}

missing_since() {
	[ "$(counters rx_no_buffer rx_no_memory)" -gt "$1" ]
}

# pressure NAME WHO PERCENT: some seconds of it, under traffic both ways.
pressure() {
	local before
	before=$(counters rx_no_buffer rx_no_memory)
	flow get4 tcp-get $ipv4 100000
	flow put4 tcp-put $ipv4 100000
	flow get6 tcp-get $ipv6 100000
	flow put6 tcp-put $ipv6 100000
	flows_move 20 || fail "$1: traffic does not start"
	injection $2 no $3
	ping -q -f -c 200 -w 5 -I $link 1.1.1.1
	ping -q -f -c 50 -s 20000 -w 5 -I $link 1.1.1.1 # transmit buffers of its own, and fragments
	usleep 3000000
	wait_for 5 missing_since $before
	calm
	end_flows
	told_so
	check "$1: transfers under way come to their end" flows_went_well
	check "$1: memory was missing" missing_since $before
	check "$1: all is well afterwards" whole
	check_equal "$1: the channels were not restarted" 0 "$(counters rx_channel_restarts tx_channel_restarts)"
}

check "the kernel lets allocations fail" test -w $slab/require-start -a -w /proc/self/fail-nth || leave
driver_up
need "session" connect --ip 4+6
check "MTU" ip link set $link mtu 30000
need "before" whole

pressure "modules" modules 30
pressure "everybody" everybody 10
check "for buffers" test "$(counter $base rx_no_buffer)" -gt 0
check "and for packets" test "$(counter $base rx_no_memory)" -gt 0

echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
unmake_link() {
	ip link del made
}
each_fails "link" 5 unmake_link ip link add link $base name made type rmnet mux_id 200
check_equal "link: none is left" 1 "$(ip -o link show type rmnet | wc -l)"
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
check "disconnect" disconnect

# The driver allocates nothing to open its base; what the kernel does around it fails.
set_down() {
	ip link set $base down
}
set_down
who=everybody
each_fails "open" 19 set_down ip link set $base up
who=
check_equal "open: it is down" "" "$(ip -o link show $base up)"
each_fails "port" 1 true dash -c ": <>$at"
check "port: it opens" mhictl at AT

carrier() {
	[ "$(cat /sys/class/net/$base/carrier)" = 1 ]
}

device=$(pci)
# Not while the channels are being started, which would wait for the modem's answer for as long as it may take.
unbind() {
	wait_for 15 ports_are_there && ip link set $base up && wait_for 15 carrier && echo $device >/sys/bus/pci/drivers/mhi_net/unbind
}
check "unbind" unbind
each_fails "probe" 23 unbind dash -c "echo $device >/sys/bus/pci/drivers/mhi_net/bind"
rmmod rmnet_mhi
each_fails "module" 37 driver_unload insmod $driver
driver_load
check "ports are there" wait_for 15 ports_are_there
check "session at last" connect --ip 4+6
check "all is well at last" whole

# The modem crashes and comes back while memory is short.
# No other module's allocations are to fail: what opens a port warns of it.
own_code() {
	local size address
	read -r _ size _ _ _ address _ <<-END
		$(grep '^rmnet_mhi ' /proc/modules)
	END
	first=$address
	last=${address%????????}$(printf %08x $((0x${address#"${address%????????}"} + size)))
}
own_code
injection modules yes 5
crashes=$(counter $base modem_crashes)
check "crash" modem sys_err
check "crash is noticed" wait_for 5 crashed_beyond $crashes
usleep 3000000
calm
check "back after the crash" wait_for 20 transfer tcp-get $ipv4 1 100000
check "disconnect at last" disconnect

# vmalloc prints a trace with each failure; any other trace is one too many.
if [ "$(dmesg | grep -c 'Call Trace:')" = "$(dmesg | grep -c 'vmalloc error:')" ]; then
	expected_complaint="$expected_complaint
Call Trace:"
fi
