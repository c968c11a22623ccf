# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# arch: amd64
# image: systemd
# memory: 768M
# timeout: 240
# first boot

systemd-analyze time
systemd-analyze blame | head -30
systemctl --failed
check "boots within a minute" test "$(uptime_seconds)" -le 60
