# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# vectors: 8
# Interrupts that get lost, and interrupts without a cause.

# By the clock: by number they may last for minutes, since a stopped channel asks for one each 20 seconds.
deaf_flood() {
	flood
	modem lose-interrupts 0
}

fault "one interrupt lost" 15 nothing lossless lose-interrupts 1
# All buffers are with the modem then, so that nothing makes it raise another.
fault "all interrupts lost for two seconds" 40 counter:tx_channel_restarts deaf_flood lose-interrupts 1000000
fault "the crash's interrupt lost" 30 log:'firmware is dead: resetting its interface' crash lose-interrupts 1
fault "interrupts lost while the modem comes up" 90 counter:modem_crashes crash lose-interrupts 4
for vector in 0 1 2 3; do
	fault "storm on vector $vector" 15 nothing nothing storm $vector 1000
	fault "storm on vector $vector under load" 15 nothing lossless storm $vector 1000
	fault "storm on vector $vector in a crash" 20 counter:modem_crashes crash storm $vector 2000
done

faults_begin
check "these vectors are there" test "$(vectors)" -ge 4
run_faults
