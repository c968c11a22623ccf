# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 300
# quectel-CM's options and name; sessions that are ended by disconnect; messages in words; ModemManager beside.

driver_up

# online LINK: the session of $session has its address there.
online() {
	wait_for 60 has_address "$1" && ping_through "$1" 1.1.1.1
}

gone() {
	! test -e "/sys/class/net/$1"
}

ended() {
	local status=0
	wait "$session" || status=$?
	[ $status = "$1" ]
}

ln -s "$(command -v mhictl)" /tmp/quectel-CM
/tmp/quectel-CM -s internet -4 -6 -v -f /tmp/cm.log >/tmp/cm.out 2>/tmp/cm.err &
session=$!
check "quectel-CM: online" online $link
check "quectel-CM: IPv6, too" ping_through $link 2606:4700:4700::1111
check "quectel-CM: the file has each line with its time" \
	grep -E '^20[0-9-]*T[0-9:.]*Z connected: rmnet_mhi0\.1' /tmp/cm.log
check "quectel-CM: the terminal has it, too" grep '^connected: rmnet_mhi0\.1' /tmp/cm.out
check "quectel-CM: messages in words" grep '^mhictl: > WDS StartNetwork request client .* apn="internet"' /tmp/cm.err
check "answers in words" grep '^mhictl: < WDS StartNetwork response client [0-9]* transaction [0-9]* ok handle=' /tmp/cm.err
check "no message is without a name" refused grep -E '^mhictl: [<>] [A-Z]* 0x' /tmp/cm.err
check "disconnect names what it ends" sh -c "mhictl disconnect | grep '^disconnected: wwan0 mux 129 (0x81), mhictl pid $session'"
check "and its link is gone when it returns" gone $link
check "it ended as on request" ended 0
check "the file has its last line" grep 'Z stopped: on request' /tmp/cm.log

modem qmi sim locked
mhictl cm -s auth.test user secret -n 2 -p 1234 -v -f /tmp/secrets.log >/tmp/cm.out 2>/tmp/cm.err &
session=$!
check "cm -n 2 -p PIN: online on the second link" online $base.2
check "it says what is not the same" grep 'mhictl: warning: -n 2 with -s' /tmp/cm.err
check "the PIN is hidden" grep 'UIM VerifyPin request .* pin=\*\*\*' /tmp/cm.err
check "and nowhere, nor the password" refused grep -w -e 1234 -e secret /tmp/cm.err /tmp/cm.out /tmp/secrets.log
check "the file has the messages" grep 'pin=\*\*\*' /tmp/secrets.log
check_equal "and is its owner's" 600 "$(stat -c %a /tmp/secrets.log)"
check "cm -k 2 on another modem" refused mhictl cm -k 2 -i rmnet_mhi7.2
check "cm -k 1: there is none" refused mhictl cm -k 1
check "cm -k 2, by a link of the modem" mhictl cm -k 2 -i $base.1
check "its link is gone" gone $base.2
check "it ended as on request, too" ended 0

modem qmi reject-apn 33
mhictl cm -s internet >/tmp/cm.out 2>/tmp/cm.err &
session=$!
check "cm goes on when the network says no" wait_for 60 grep -E '^retry: in 1[0-2] s' /tmp/cm.out
check "it says why" grep 'mhictl: error: .*refused' /tmp/cm.err
modem qmi reject-apn off
check "and comes online once it says yes" online $link
kill -TERM $session
check "SIGTERM ends it" ended 0
mhictl cm -s internet -l 3
check_equal "cm: what cannot be" 2 $?
mhictl disconnect
check_equal "nothing to disconnect" 1 $?
check "as an object" sh -c 'mhictl disconnect --json | grep "^{\"error\":{\"code\":1,"'

# ModemManager's name, udev's folder, libqmi's proxy: what mhictl goes by.
mkdir -p /run/udev/data
printf '#!/bin/sh\nwhile :; do sleep 1; done\n' >/tmp/ModemManager
chmod 755 /tmp/ModemManager
/tmp/ModemManager &
manager=$!
mhictl connect --apn internet >/tmp/mhictl.log 2>&1 &
session=$!
check "beside ModemManager: online" online $link
check "it is warned of" grep "mhictl: warning: ModemManager (pid $manager) runs and may take wwan0" /tmp/mhictl.log
check "disconnect again" mhictl disconnect
ended 0
check "mhictl's proxy ends" wait_for 30 refused grep -qlxz proxy /proc/[0-9]*/cmdline
modem qmi silent on
qmicli -d $qmi -p --dms-get-model >/dev/null 2>&1 &
holder=$!
check "libqmi's proxy has the port" wait_for 10 sh -c "ls -l /proc/\$(pidof qmi-proxy)/fd | grep -q $qmi"
modem qmi silent off
timeout 60 mhictl connect --apn internet >/tmp/mhictl.log 2>&1
check_equal "ModemManager has the modem: refused" 4 $?
check "it says who" grep "ModemManager (pid $manager) manages wwan0" /tmp/mhictl.log
check "and the way out" grep 'next: systemctl stop ModemManager.*78-mhictl-modemmanager.rules' /tmp/mhictl.log
echo E:ID_MM_DEVICE_IGNORE=1 >"/run/udev/data/+pci:$(pci)"
mhictl connect --apn internet >/tmp/mhictl.log 2>&1 &
session=$!
check "a modem that it leaves alone: online" online $link
check "without a word" refused grep ModemManager /tmp/mhictl.log
check "disconnect at last" mhictl disconnect
kill $manager $holder
