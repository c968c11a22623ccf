# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# Short messages: listed, read, sent and deleted, in any alphabet, and what is refused; the port is as it was behind each.

# gives NAME EXPECTED COMMAND...: the command prints just this.
gives() {
	local name=$1 expected=$2
	shift 2
	check_equal "$name" "$expected" "$("$@" 2>&1)"
}

# fails NAME CODE COMMAND...
fails() {
	local name=$1 expected=$2 status=0
	shift 2
	"$@" || status=$?
	check_equal "$name" "$expected" $status
}

fails "no modem" 3 mhictl sms list
driver_up
gives "none yet" '{"deleted":null,"device":"wwan0","messages":[],"sent":null}' mhictl sms list --json
modem at sms +49151 Grüße an alle
modem at sms 42 second
gives "both are listed" '{"deleted":null,"device":"wwan0","messages":[{"index":0,"number":"+49151","state":"unread","text":"Grüße an alle","time":"2026-11-27T10:30:00+01:00"},{"index":1,"number":"42","state":"unread","text":"second","time":"2026-11-27T10:30:00+01:00"}],"sent":null}' \
	mhictl sms list --json
gives "one is read" "message 1      read 42 2026-11-27T10:30:00+01:00: second" mhictl sms read 1
gives "one is deleted" "deleted        1" mhictl sms delete 1
fails "it is gone" 12 mhictl sms read 1
fails "and cannot be deleted again" 12 mhictl sms delete 1
gives "one is sent" "sent           1" mhictl sms send +4930 Moin
gives "another alphabet, too" "sent           2" mhictl sms send 112 Київ
check_equal "as it was written" "+4930=Moin 112=Київ" "$(modem at sent)"
for setting in 'CMGF: 0' 'CSCS: "GSM"' 'CSMP: 17,167,0,0'; do
	check "the port has it back: $setting" sh -c "mhictl at 'AT+${setting%%:*}?' | tee /dev/stderr | grep -x -F '+$setting'"
done
fails "no number" 2 mhictl sms send nobody Moin
fails "too long" 2 mhictl sms send 112 "$(printf '%071d' 0 | sed s/0/ü/g)"
modem qmi registration searching
fails "no network" 12 mhictl sms send 112 Moin
