# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# The modem changes from QMI to MBIM and back, as its user orders by AT; and refuses both.

# switched MODE: what mhictl's at says at once, and the modem does when it restarts.
switched() {
	mhictl at "AT+QCFG=\"pcie_mbim\",$1" && mhictl at AT+CFUN=1,1
}

qmi_is_there() {
	ports_are_there && [ -e /sys/class/net/$base ]
}

is_up_for_qmi() {
	[ -e /sys/class/net/$base ] && state_is up
}

mbim_modules
driver_up
need "session" connect
check "ping" ping_through $link 1.1.1.1
check "disconnect" disconnect

check "to MBIM" switched 1
need "port and interface of MBIM appear" wait_for 40 mbim_is_there
check "there is no QMI port" test ! -e $qmi
check "there is no interface for QMAP" test ! -e /sys/class/net/$base
need "session by MBIM" mbim_online
check "ping by MBIM" ping_through wwan0 1.1.1.1
exec 9<&-

check "to QMI" wait_for 20 switched 0
need "port and interface of QMI appear" wait_for 40 qmi_is_there
check "there is no MBIM port" test ! -e $mbim_port
need "session again" connect
check "ping again" ping_through $link 1.1.1.1
check "disconnect again" disconnect
check_equal "the log tells of each change" "QMI: trying MBIM MBIM: trying QMI" \
	"$(dmesg | sed -n 's/.*the modem refuses //p' | tr '\n' ' ' | sed 's/ $//')"

# Neither can be started: what the family has stays, until the modem restarts.
check "the modem comes up without either" modem absent both
check "it crashes" modem sys_err event
check "both are tried" wait_for 40 dmesg_count 4 "the modem refuses"
check "and no more" wait_for 30 is_up_for_qmi
check_equal "four changes in all" 4 "$(dmesg | grep -c 'the modem refuses')"
modem absent refused
check "it crashes once more" modem sys_err event
check "and speaks QMI" wait_for 40 mhictl at AT
need "session at last" connect
check "ping at last" ping_through $link 1.1.1.1
