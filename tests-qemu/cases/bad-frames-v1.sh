# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 150
# What a modem should never send, in QMAPv1: counted, dropped, and nothing else lost.

bad_frames v1
