# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# What is locked: the SIM, whose last try of a PIN is never used, and the radio, which a program of the owner's unlocks.

driver_up
try="mhictl connect --apn internet --timeout 20"

# tries: how many the SIM has left.
tries() {
	mhictl status --json | sed 's/.*"pin_tries":\([0-9]*\).*/\1/'
}

check "SIM locked: ordered" modem qmi sim locked
check "no PIN" exits 6 "wants its PIN, 3 tries left" $try
check "wrong PIN" exits 6 "refuses the PIN.*2 tries left" $try --pin 9999
check "wrong PIN again" exits 6 "refuses the PIN.*1 tries left" $try --pin 9999
check "the last try is not used" exits 6 "never uses the last try" $try --pin 9999
check "not for the right one either" exits 6 "never uses the last try" $try --pin 1234
check_equal "it is left" 1 "$(tries)"

check "two tries: ordered" modem qmi pin-tries 2
$try --pin 9999 >/tmp/pin.1 2>&1 &
first=$!
$try --pin 9999 --mux 130 >/tmp/pin.2 2>&1 &
second=$!
wait $first
check_equal "two sessions at once, the first" 6 $?
wait $second
check_equal "and the second" 6 $?
cat /tmp/pin.1 /tmp/pin.2
check_equal "they leave the last try, too" 1 "$(tries)"

check "three tries: ordered" modem qmi pin-tries 3
need "the right PIN" connect --pin 1234
check "ping" ping_through $link 1.1.1.1
check "disconnect" disconnect
check "SIM ready: ordered" modem qmi sim ready

program=/etc/mhictl/fcc-unlock.d/17cb:0308
check "radio locked: ordered" modem qmi fcc-lock on
check "no program" exits 10 "no $program to unlock it" $try
mkdir -p "${program%/*}"
cat >$program <<'EOF'
#!/bin/sh
echo "$@" >>/tmp/told
shift
for port; do
	case $port in
	*qmi*) exec qmicli -p -d "/dev/$port" --dms-set-fcc-authentication ;;
	esac
done
EOF
chmod 777 $program
check "a program that others may change" exits 10 "others may write to it" $try
check "has not run" test ! -e /tmp/told
chmod 755 $program
need "the radio is unlocked" connect
check "ping with the radio unlocked" ping_through $link 1.1.1.1
check_equal "by the program, once, with device and ports" \
	"$(readlink -f "/sys/bus/pci/devices/$(pci)") wwan0at0 wwan0qmi0" "$(cat /tmp/told)"
check "the modem is restarted" mhictl at AT+CFUN=1,1
check "it is locked again after that, and unlocked" wait_for 60 said 2 connected
check_equal "by the program again" 2 "$(wc -l </tmp/told)"
check "disconnect again" disconnect
printf '#!/bin/sh\nexit 7\n' >$program
modem qmi fcc-lock on
check "a program that fails" exits 10 "exit status: 7" $try
printf '#!/bin/sh\nexit 0\n' >$program
check "a program that does nothing" exits 10 "does not switch its radio on" $try
check_equal "nothing is left" "0 0" "$(clients) $(calls)"
