# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# `make shell`: a prompt in the guest, the module loaded. Sourced by init.

. /test/guest.sh
driver_load
cat <<TEXT

A Debian kernel $(uname -r) with the emulated modem. Try: mhictl connect --apn internet &
Steer the modem from outside by: modem VERB... (modem help). Leave by exit.

TEXT
cd /root || exit
PS1='guest:\w# ' setsid cttyhack bash --norc
