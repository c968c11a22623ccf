# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# What cases are written with. Sourced by run-case, in the guest, by dash.
#
# A case reports any number of named verdicts and must report one at least. It polls for states, and never sleeps to let
# something happen.

qmi=/dev/wwan0qmi0
at=/dev/wwan0at0
base=rmnet_mhi0

. /test/complaint.sh
. /test/stock.sh
. /test/mbim.sh
. /test/peers.sh
. /test/transfers.sh
. /test/frames.sh
. /test/recovery.sh
. /test/faults.sh
. /test/power.sh
. /test/modemmanager.sh

# ---- verdicts

verdict() {
	echo "$*" >/dev/virtio-ports/verdict
	echo "---- $*"
}

pass() {
	verdict "pass $*"
}

# fail NAME: WHY
fail() {
	failed=1
	verdict "fail $*"
}

# skip NAME: WHY: what this kernel cannot show.
skip() {
	verdict "skip $*"
}

# The last thing of every case.
close_case() {
	complaints
	faults_of_host
	[ -z "${failed-}" ] || dmesg | tail -n 60
	verdict "done"
}

# Gives up on the case.
abort() {
	fail "$*"
	leave
}

# Ends the case here.
leave() {
	close_case
	busybox poweroff -f
	sleep 60 # the kernel goes down under this
}

# check NAME COMMAND...: passes if the command succeeds; its output is shown, and the last line goes into the verdict.
check() {
	local name="$1" log=/tmp/check.$$
	shift
	echo "---- $name: $*"
	if "$@" >"$log" 2>&1; then
		tail -n 20 "$log"
		pass "$name"
	else
		local status=$?
		tail -n 60 "$log"
		fail "$name: status $status of \`$*\`: $(grep . "$log" | tail -n 2 | tr "\n" " ")"
		return $status
	fi
}

# check_equal NAME EXPECTED ACTUAL
check_equal() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1: expected '$2', got '$3'"
		return 1
	fi
}

# need NAME COMMAND...: a check without which the rest makes no sense.
need() {
	check "$@" || abort "rest of the case: needs '$1'"
}

# refused COMMAND...: succeeds if the command fails.
refused() {
	! "$@"
}

# wait_for SECONDS COMMAND...: polls until the command succeeds; PATIENCE times longer on a kernel that is slow.
wait_for() {
	local deadline=$(($(uptime_seconds) + $1 * ${PATIENCE:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(uptime_seconds)" -lt $deadline ] || {
			echo "timed out waiting for: $*" >&2
			"$@"
			return 1
		}
		usleep 100000
	done
}

# timeout SECONDS COMMAND...: likewise.
timeout() {
	local seconds=$1
	shift
	command timeout $((seconds * ${PATIENCE:-1})) "$@"
}

# in_time SECONDS SINCE: whether no more than that have passed; likewise.
in_time() {
	[ $(($(uptime_seconds) - $2)) -le $(($1 * ${PATIENCE:-1})) ]
}

uptime_seconds() {
	local seconds
	IFS=. read -r seconds _ </proc/uptime
	echo "$seconds"
}

# hundredths: of a second, since the kernel started.
hundredths() {
	local seconds part
	IFS=' .' read -r seconds part _ </proc/uptime
	echo $((seconds * 100 + ${part#0}))
}

# free_pages: of memory, once the kernel has given back what it holds for later. What a driver loses of whole pages shows in nothing else.
free_pages() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "MemFree:" { print $2 / 4 }' /proc/meminfo
}

# is_busy: whether the machine that emulates this one has so little time for it that times tell nothing: twenty programs take two and a
# half seconds to start.
is_busy() {
	local begin
	begin=$(hundredths)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		ping -q -c 1 127.0.0.1 >/dev/null
	done
	begin=$(($(hundredths) - begin))
	echo "twenty starts: $begin hundredths of a second"
	[ $begin -gt 250 ]
}

# What the kernel said that it never should. Lines of lockdep, RCU, UBSAN, DMA debugging, debug objects and kmemleak are among them.
complaints() {
	local found
	find_leaks
	detectors
	only_slot_locks && echo "lockdep has spoken of the kernel's own hot plugging, and looks no longer"
	find_races >/tmp/races
	sort /tmp/races | uniq -c
	found=$({ dmesg | without_slot_locks | grep -E "$complaint" | grep -v 'BUG: KCSAN'; grep '^driver:' /tmp/races; cat /tmp/leaks; } |
		grep -v -F -e "${expected_complaint:-no complaint is expected}" | head -n 5)
	[ -z "$found" ] || fail "kernel log: $(echo "$found" | head -n 1)"
}

# What the modem found wrong with what the host did: $expected_faults has the names of what a case brings about itself.
faults_of_host() {
	local modem found_by fault found=''
	for modem in modem modem2; do
		[ -e /dev/virtio-ports/$modem ] || continue
		found_by=$(order $modem faults-of-host && order $modem data faults-of-host) || fail "faults of the host: the modem says nothing"
		for fault in $found_by; do
			case " ${expected_faults-} " in
			*" ${fault%=*} "*) ;;
			*) found="$found $fault" ;;
			esac
		done
	done
	[ -z "$found" ] || fail "faults of the host:$found"
}

# Data races that the driver has a part in; the kernel has some of its own, which are shown.
find_races() {
	dmesg | awk '
		/BUG: KCSAN:/ { race = $0; sub(/.*BUG: /, "", race); who = "kernel" }
		/\[rmnet_mhi\]/ { who = "driver" }
		race && /Reported by Kernel Concurrency Sanitizer/ { print who ": " race; race = "" }'
}

# Where the kernel can tell: memory that nothing points to any more. It counts what is older than 5 seconds. mhi_pci_generic never frees
# the configuration that it stores. Pointers that go to and fro with the packets might escape it: there are none by then.
find_leaks() {
	local leaks=/sys/kernel/debug/kmemleak interface
	: >/tmp/leaks
	[ -e $leaks ] || return 0
	usleep 5500000
	for interface in /sys/class/net/rmnet_mhi*; do
		[ ! -e "$interface" ] || ip link set "${interface##*/}" down
	done
	# The second time, what was on the way from one pointer to another.
	{ echo scan >$leaks && echo scan >$leaks; } || fail "kernel log: kmemleak has given up"
	head -n 60 $leaks
	awk 'BEGIN { RS = "unreferenced object" } NR > 1 && !/pci_store_saved_state.*\[mhi_pci_generic\]/ { print "leaked:", $0; exit }' $leaks >/tmp/leaks
}

# only_slot_locks: lockdep has spoken, and of the two locks that pciehp takes one way as the machine starts and the other way when it finds
# a slot empty as the machine wakes. It speaks once.
only_slot_locks() {
	dmesg | sed -n '/possible circular locking dependency/,/stack backtrace/p' >/tmp/locks
	grep -q 'acquire lock' /tmp/locks && grep -q 'pci_rescan_remove_lock.* at: pci_lock_rescan_remove' /tmp/locks &&
		grep -q 'reset_lock.* at: pciehp_ist' /tmp/locks && ! grep -q '\[rmnet_mhi\]' /tmp/locks
}

# The log without that, up to the end of its trace.
without_slot_locks() {
	if only_slot_locks; then
		awk '/possible circular locking dependency/ { inside = 1 }
			inside && /stack backtrace/ { inside = 2 }
			!inside
			inside == 2 && /ret_from_fork/ { inside = 0 }'
	else
		cat
	fi
}

# Such kernels say once that they look no longer, or not even that; DMA debugging may be off where a case says so.
detectors() {
	[ ! -e /proc/lockdep_stats ] || grep -q 'debug_locks: *1$' /proc/lockdep_stats || only_slot_locks || fail "kernel log: lockdep has given up"
	case "$(cat /sys/kernel/debug/dma-api/disabled 2>/dev/null) $(cat /proc/cmdline) ${expected_complaint-}" in
	*dma_debug=off* | *'dma-debug disabled'*) ;;
	Y*) fail "kernel log: DMA debugging has given up" ;;
	esac
}

# ---- the modem, from outside

# modem VERB...: steers the emulated modem; prints what it answers beyond "ok".
modem() {
	order modem "$@"
}

# order MODEM VERB...: with two, the other one is "modem2".
order() {
	local reply port=/dev/virtio-ports/$1
	shift
	exec 3<>"$port"
	echo "$*" >&3
	IFS= read -r reply <&3
	exec 3<&-
	case $reply in
	ok) ;;
	'ok '*) echo "${reply#ok }" ;;
	*)
		echo "modem $*: $reply" >&2
		return 1
		;;
	esac
}

# The modem's address on the PCI bus; with two, each on a line.
pci() {
	local device
	for device in /sys/bus/pci/devices/*; do
		case $(cat "$device/vendor") in
		0x17cb | 0x1eac) basename "$device" ;;
		esac
	done
}

bound_to() {
	[ "$(basename "$(readlink "/sys/bus/pci/devices/$(pci)/driver")" 2>/dev/null)" = "$1" ]
}

# ---- our driver

driver=/lib/modules/rmnet_mhi.ko

# driver_load [PARAMETER=VALUE...]
driver_load() {
	modprobe -a mhi mhi_wwan_ctrl && insmod $driver "$@"
}

driver_unload() {
	rmmod rmnet_mhi
}

ports_are_there() {
	[ -c $qmi ] && [ -c $at ]
}

driver_up() {
	need "driver loads" driver_load "$@"
	need "driver binds" wait_for 5 bound_to mhi_net
	need "base interface appears" wait_for 15 test -e /sys/class/net/$base
	need "ports appear" wait_for 15 ports_are_there
}

# statistic INTERFACE NAME: a counter as `ip -s` shows it.
statistic() {
	cat "/sys/class/net/$1/statistics/$2"
}

# counter INTERFACE NAME: a counter as `ethtool -S` shows it; 0 where it shows none, "absent" if that one is not among them.
counter() {
	ethtool -S "$1" | awk -v name="$2:" '$1 == name { value = $2 } END { print value != "" ? value : NR ? "absent" : 0 }'
}

has_address() {
	ip -o addr show dev "$1" scope global 2>/dev/null | grep -q inet
}

# connect ARGUMENTS...: a session by mhictl in the background, up when this returns; its process is $session.
connect() {
	${rights-} mhictl connect --apn internet "$@" >/tmp/mhictl.log 2>&1 &
	session=$!
	wait_for 30 has_address rmnet_mhi0.1 && return
	cat /tmp/mhictl.log
	return 1
}

disconnect() {
	kill -TERM "$session" && wait "$session"
}

# said COUNT WORD: mhictl has printed WORD that often.
said() {
	[ "$(grep -c "^$2: " /tmp/mhictl.log)" -ge "$1" ]
}

# exits CODE TEXT COMMAND...: ends with the code and says the text.
exits() {
	local expected=$1 text=$2 status=0
	shift 2
	timeout 60 "$@" >/tmp/exits.log 2>&1 || status=$?
	cat /tmp/exits.log
	[ $status = "$expected" ] || {
		echo "exit code $status instead of $expected: $(tail -n 1 /tmp/exits.log)"
		return 1
	}
	grep -qi -e "$text" /tmp/exits.log || {
		echo "no '$text' in: $(tail -n 1 /tmp/exits.log)"
		return 1
	}
}

# clients, calls: how many the modem has given out; have COUNTER NUMBER: whether they are that many.
clients() {
	modem qmi stats | sed 's/.*clients=\([0-9]*\).*/\1/'
}

calls() {
	modem qmi stats | sed 's/.*calls=\([0-9]*\).*/\1/'
}

have() {
	[ "$($1)" = "$2" ]
}

# processes TEXT: those that have it in their command line.
processes() {
	local file
	for file in /proc/[0-9]*/cmdline; do
		case $(tr '\0' ' ' 2>/dev/null <"$file") in
		*"$1"*) basename "${file%/cmdline}" ;;
		esac
	done
}

proxies() {
	grep -lxz "[p]roxy" /proc/[0-9]*/cmdline 2>/dev/null | wc -l
}

# extra_link NUMBER: a session on mux id 128 + NUMBER beside mhictl's, whose port nobody else may have: the network opens
# it by itself, and iproute2 makes the link.
extra_link() {
	local name=$base.$1 mux=$((128 + $1)) ipv4
	ipv4=$(modem data session up $mux) || return
	ip link add link $base name "$name" type rmnet mux_id $mux &&
		ip addr add "${ipv4%% *}/32" dev "$name" && ip link set "$name" up
}

# ping_through INTERFACE ADDRESS [COUNT]: no packet may be lost.
ping_through() {
	ping -c "${3:-3}" -i 0.2 -W 5 -I "$1" "$2" | tee /tmp/ping.log && grep -q ' 0% packet loss' /tmp/ping.log
}

# The MSI vectors that the modem's function has, and how many of them have fired.
vectors() {
	find "/sys/bus/pci/devices/$(pci)/msi_irqs" -type f | wc -l
}

busy_vectors() {
	local irq count=0
	for irq in "/sys/bus/pci/devices/$(pci)"/msi_irqs/*; do
		awk -v irq="${irq##*/}:" '$1 == irq { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { exit n == 0 }' \
			/proc/interrupts && count=$((count + 1))
	done
	echo $count
}

# wait_for_process PROCESS: its status.
wait_for_process() {
	wait "$1"
}
