# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# timeout: 240
# A modem that was told to go to M0 and stays in READY: it has the rings' addresses and may begin to use them at any moment. Each time it is
# reset before they are freed, and not by other means alone; it is up once it goes where it is told.

up_with_session
check "the modem is to stay in READY" modem hesitate on
check "it crashes" modem sys_err
check "it is found to hang there" wait_for 90 dmesg_has ': resetting its interface'
check "and again" wait_for 90 dmesg_has ': resetting its processors'
modem hesitate off
recovers 60
hesitated=$(figure_of hesitated)
check "it was told twice or more" test "$hesitated" -ge 2
check "each time but the last it was reset" test "$(figure_of hesitations_reset)" -ge $((hesitated - 1))
check "disconnect" disconnect
check "the driver goes" driver_unload
