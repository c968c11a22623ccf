# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=bash disable=SC2054,SC2154
# Emulated modems, one as a rule, and one QEMU with them on its PCI bus. Sourced by tests-qemu/run, in the build root.

# What a caller adds to every guest.
modem_options=()
qemu_options=()
kernel_options=
# How long it may take, where the script's head does not say.
vm_seconds=
# What the guest has on top of its usual programs: a file in tests-qemu/images.
image=

# vm GUEST DIRECTORY CASE SCRIPT CONSOLE: boots the case; the directory holds guest.cpio and gets the logs; options stand in
# the script's head. CONSOLE is "file", "demo" (the guest's port "out" is the terminal) or "terminal".
# Returns when the guest is gone, and says why if that was not its own doing.
vm() {
	local directory=$2 name=$3 script=$4 console=$5
	local sockets modem number modems=() status=0 timeout limit=()
	sockets=$(mktemp -d -p "$scratch") # short, as a socket's path must be
	timeout=$(((${vm_seconds:-$(header "$script" timeout 90)} + 15 * ${CYCLES:-0}) * $(patience "$1")))
	mkdir -p "$directory"
	rm -f "$directory"/{verdict,console.log,modem.log,modem2.log,qemu.log,disk}

	# `# modems: 2` in the head; the second one's files have that number.
	for number in $(seq "$(header "$script" modems 1)"); do
		[ "$number" != 1 ] || number=
		# shellcheck disable=SC2046 # options are words
		"$build/amd64/modem" --socket "$sockets/modem$number" --control "$sockets/control$number" \
			$(header "$script" modem) "${modem_options[@]}" >"$directory/modem$number.log" 2>&1 &
		modems+=($!)
		wait_for_sockets $! "$sockets/modem$number" "$sockets/control$number" || {
			echo "the emulated modem did not start: $(tail -n 1 "$directory/modem$number.log")"
			status=1
		}
	done
	if [ $status != 0 ]; then
		:
	elif [ "$console" = terminal ]; then
		(qemu "$@" "$sockets" 2>"$directory/qemu.log") || status=$?
	else
		limit=(timeout --kill-after=5 "$timeout")
		(qemu "$@" "$sockets" </dev/null 2>"$directory/qemu.log" | cat) || status=$? # a pipe can be opened by name
	fi

	# One of its threads may go alone.
	for modem in "${modems[@]}"; do
		{ stop "$modem" && ! grep -q panicked "$directory"/modem*.log; } || {
			echo "the emulated modem died: $(cat "$directory"/modem*.log | grep . | tail -n 1)"
			status=1
		}
	done
	case $status in
	0) ;;
	124) echo "no end within $timeout seconds" ;;
	*) echo "QEMU: status $status: $(tail -n 1 "$directory/qemu.log")" ;;
	esac
	rm -rf "$sockets" "$directory"/{guest.cpio,disk,variables}
	return "$status"
}

# header SCRIPT KEY [DEFAULT]: the value of a `# key: value` line in a case's head.
header() {
	local value
	value=$(sed -n "/^#/!q; s/^# $2: *//p" "$1" | head -n 1)
	echo "${value:-${3-}}"
}

# patience GUEST: how many times longer than on Debian's kernel things may take; on a busy machine so many times more (PATIENCE=).
patience() {
	case $1 in
	debug-* | kcsan-*) echo $((6 * ${PATIENCE:-1})) ;;
	*) echo "${PATIENCE:-1}" ;;
	esac
}

qemu() {
	local guest=$1 directory=$2 name=$3 script=$4 console=$5 sockets=$6
	local memory cpus line cpu kernel variables disk init machine=() second=()
	# Self-tests of ciphers nobody uses here take a third of the way to init.
	# Emulated time jumps when the kernel picks its clock on a busy machine: a stall that is nobody's.
	line="cryptomgr.notests rcupdate.rcu_cpu_stall_suppress_at_boot=1 panic=-1 oops=panic panic_on_warn=1 log_buf_len=4M modem_socket=$sockets/modem CASE=$name PATIENCE=$(patience "$guest") SEED=${SEED:-1} CYCLES=${CYCLES-} $(header "$script" append) $kernel_options"
	# The serial line is slow under emulation: the kernel's whole log only where somebody reads it.
	[ -n "${CASE-}" ] || line="loglevel=5 $line"
	# Where its image brings systemd, that is the first process.
	init=$(header "$script" image)
	# shellcheck source=/dev/null
	[ -z "$init" ] || init=$(. "$here/images/$init" && echo "${init_options-}")
	line="$init $line"
	memory=$(header "$script" memory 512M)
	cpus=$(header "$script" smp 1)
	case $guest in
	debug-*) memory=1G ;; # an eighth is KASAN's
	kcsan-*) cpus=2 line=${line/ panic_on_warn=1/} ;; # races take two, and the kernel has its own
	esac
	case $(architecture_of "$guest") in
	amd64)
		machine=("${limit[@]}" qemu-system-x86_64 -cpu max)
		line="console=ttyS0 no_timer_check $line" # on a busy machine the timer is late, which that check takes for none
		case $(header "$script" vectors 1)$(header "$script" iommu) in
		1) machine+=(-M q35,memory-backend=ram) ;;
		1strict)
			machine+=(-M q35,memory-backend=ram,kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on)
			line="$line intel_iommu=on iommu.strict=1"
			;;
		# A plain PC gives a function one MSI; interrupt remapping gives as many as it asks for.
		*)
			machine+=(-M q35,memory-backend=ram,kernel-irqchip=split -device intel-iommu,intremap=on)
			line="$line intel_iommu=off"
			;;
		esac
		;;
	arm64)
		case $guest in
		openwrt | own) cpu=cortex-a53 ;; # a router's
		*) cpu=max,pauth=off ;; # emulating pointer authentication takes most of the time otherwise
		esac
		machine=("${limit[@]}" qemu-system-aarch64 -M virt,gic-version=3,memory-backend=ram -cpu "$cpu")
		line="console=ttyAMA0 $line"
		;;
	esac
	machine+=(-accel tcg -smp "$cpus" -m "$memory"
		-object "memory-backend-memfd,id=ram,size=$memory,share=on" -device virtio-serial-pci,id=ports)

	kernel=$(kernel_image "$guest")
	case $guest,$(header "$script" boot) in
	amd64,firmware) kernel=$(kernel_file "$guest") ;; # QEMU does not come back from S3 with a kernel started by its PVH entry
	esac

	# `# firmware: FILE` in the head: UEFI's, with that file of build/ as its variables.
	variables=$(header "$script" firmware)
	if [ -n "$variables" ] && [ -e "$build/$variables" ]; then
		kernel=$(kernel_file "$guest")
		cp "$build/$variables" "$directory/variables"
		machine+=(-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
			-drive "if=pflash,format=raw,file=$directory/variables")
	fi

	if [ "$(header "$script" modems 1)" = 2 ]; then
		machine+=(-chardev "socket,id=modem2,path=$sockets/control2" -device virtserialport,bus=ports.0,nr=5,chardev=modem2,name=modem2)
		second=(-device pcie-root-port,id=port1,slot=2
			-device '{"driver":"vfio-user-pci","id":"modem1","bus":"port1","socket":{"type":"unix","path":"'"$sockets/modem2"'"}}')
	fi

	# `# disk: SIZE` in the head: an empty one, /dev/vda once virtio_blk is loaded.
	disk=$(header "$script" disk)
	if [ -n "$disk" ]; then
		truncate -s "$disk" "$directory/disk"
		machine+=(-drive "if=none,id=disk,format=raw,file=$directory/disk" -device virtio-blk-pci,drive=disk)
	fi

	case $console in
	file) machine+=(-chardev "file,id=console,path=$directory/console.log") ;;
	demo)
		machine+=(-chardev "file,id=console,path=$directory/console.log" -chardev "file,id=out,path=/dev/stdout,append=on"
			-device virtserialport,bus=ports.0,nr=1,chardev=out,name=out)
		;;
	terminal)
		machine+=(-chardev stdio,id=console,signal=off)
		line="quiet $line"
		;;
	esac

	exec "${machine[@]}" "${qemu_options[@]}" -nodefaults -display none $(header "$script" reboot -no-reboot) -serial chardev:console \
		-kernel "$kernel" -initrd "$directory/guest.cpio" -append "$line" \
		-chardev "file,id=verdict,path=$directory/verdict" \
		-device virtserialport,bus=ports.0,nr=2,chardev=verdict,name=verdict \
		-chardev "socket,id=modem,path=$sockets/control" \
		-device virtserialport,bus=ports.0,nr=3,chardev=modem,name=modem \
		-chardev "socket,id=qmp,path=$sockets/qmp,server=on,wait=off" -mon chardev=qmp,mode=control \
		-chardev "socket,id=monitor,path=$sockets/qmp" -device virtserialport,bus=ports.0,nr=4,chardev=monitor,name=monitor \
		-device pcie-root-port,id=port0,slot=1 \
		-device '{"driver":"vfio-user-pci","id":"modem0","bus":"port0","socket":{"type":"unix","path":"'"$sockets/modem"'"}}' \
		"${second[@]}"
}

wait_for_sockets() {
	local process=$1 tries=100 socket
	shift
	for socket; do
		until [ -S "$socket" ]; do
			kill -0 "$process" 2>/dev/null && [ $tries -gt 0 ] || return 1
			tries=$((tries - 1))
			sleep 0.05
		done
	done
}

# stop PROCESS: ends it; fails if it had ended by itself with an error.
stop() {
	local status=0
	kill -TERM "$1" 2>/dev/null || {
		wait "$1" || status=$?
		return "$status"
	}
	wait "$1" 2>/dev/null || true
}
