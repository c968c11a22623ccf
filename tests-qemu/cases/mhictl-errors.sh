# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# What goes wrong outside of the program's power: each has its exit code, and a sentence.

try="mhictl connect --apn internet --timeout 5"

check "no device" exits 3 "no modem" mhictl status --timeout 1
driver_up

check "SIM absent: ordered" modem qmi sim absent
check "SIM absent" exits 5 "SIM" $try
check "SIM locked: ordered" modem qmi sim locked
check "SIM locked" exits 6 "PIN" $try
check "SIM locked, wrong PIN" exits 6 "PIN" $try --pin 9999
check "SIM needs PUK: ordered" modem qmi sim puk
check "SIM needs PUK" exits 6 "PUK" $try
check "SIM ready: ordered" modem qmi sim ready

check "searching: ordered" modem qmi registration searching
check "not registered" exits 7 "regist" $try
check "denied: ordered" modem qmi registration denied
check "registration denied" exits 7 "denied: network not allowed (cause 11)" $try
check "and in status" sh -c "mhictl status --json | grep -F '\"reject_cause\":11'"
check "roaming: ordered" modem qmi registration roaming
check "roaming forbidden" exits 7 "abroad" $try --roaming forbidden
check "home: ordered" modem qmi registration home
check "no such profile" exits 8 "profile 9 refused: invalid profile" mhictl connect --profile 9 --timeout 5

check "APN refused: ordered" modem qmi reject-apn 33
check "APN refused, the reason in words" exits 8 "service option" $try
check "APN accepted: ordered" modem qmi reject-apn off

check "unknown AT command" exits 12 "ERROR" mhictl at AT+NOSUCHTHING
check "wrong usage" exits 2 "usage" mhictl connect --mux many

check "mute: ordered" modem qmi silent on
check "no answer" exits 9 "answer" $try
check "no answer to status" exits 9 "answer" mhictl status --timeout 3
check "not mute: ordered" modem qmi silent off

need "session after all" connect
check "ping" ping_through $link 1.1.1.1
check "a second connect on the same link is refused" refused timeout 60 $try
check "ping goes on" ping_through $link 1.1.1.1
check "disconnect" disconnect
