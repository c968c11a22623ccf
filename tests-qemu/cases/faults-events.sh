# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 600
# append: dma_debug=off
# Events that come twice, late, unasked or from nowhere; doorbells that are not heard; completions of what was never queued.
# The MHI core gives those buffers back to the DMA API a second time, before any driver is asked: on a debug kernel that is not looked at.

# The host rings a data channel as it starts, and never again unless the modem asks.
crash_and_flood() {
	crash_and_back
	modem data session up 130 >/dev/null
	modem data format v1 32 32768 11 8192 >/dev/null
	flood
}

# As `event` takes them: pointer, length and code, then type and channel.
fault "M0 twice" 20 counter:modem_crashes crash duplicate-event state
fault "mission mode twice" 20 counter:modem_crashes crash duplicate-event environment
fault "M0 unasked" 15 nothing lossless event 00000000000000000000000200002000
fault "M1 unasked" 15 nothing lossless event 00000000000000000000000300002000
fault "M3 unasked" 15 log:'to M3 state' flood event 00000000000000000000000500002000
fault "READY unasked" 15 log:'Invalid state' flood event 00000000000000000000000100002000
fault "a state that does not exist" 15 log:'Invalid state' flood event 00000000000000000000006300002000
fault "an environment that does not exist" 15 log:'Unhandled EE event' flood event 00000000000000000000006300004000
fault "an event of no type" 15 log:'Unhandled event type' flood event 00000000000000000000000000000000
fault "an event of ones" 15 log:'Unhandled event type' flood event ffffffffffffffffffffffffffffffff
fault "a transfer on a channel that is not configured" 15 nothing lossless event 00000000000000000000000200002263
fault "a transfer on a data ring, of a channel that is not configured" 15 nothing lossless event 00000000000000000000000200002263 2
fault "a command that was never given" 15 log:'outside of the cmd ring' flood event 00000000000000000000000100002100
for ring in 0 1 2; do
	fault "event ring $ring ends outside of itself" 15 log:'outside of the event ring' flood event-rp $ring 0x1000
	fault "event ring $ring ends in the middle of an event" 15 log:'outside of the event ring' flood event-rp $ring 0xfffffffffffffff8
done
fault "event ring 0 is late by two seconds" 15 nothing port_answers hold-events 0 2000
for ring in 1 2; do
	fault "event ring $ring is late by two seconds" 15 nothing lossless hold-events $ring 2000
done
fault "event ring 2 is late by eight seconds" 30 counter:rx_channel_restarts flood hold-events 2 8000
fault "a command's completion twice" 30 log:'Failed to send' port_and_crash duplicate-event command
fault "upload: a completion of what was never queued" 15 counter:completions_unqueued flood complete-unqueued 100 1
fault "upload: seven completions of what was never queued" 15 counter:completions_unqueued flood complete-unqueued 100 7
fault "download: a completion of what was never queued" 15 log:'unexpected TRE' flood complete-unqueued 101 1
fault "upload doorbell ignored" 30 counter:tx_channel_restarts flood deaf 100 1
fault "download doorbell ignored" 30 counter:rx_channel_restarts crash_and_flood deaf 101 1
fault "AT port's doorbell ignored" 30 nothing port_is_silent deaf 32 1
fault "event doorbells ignored" 30 nothing lossless deaf event 50

faults_begin
run_faults
# Not tried, since the MHI core does not survive it and no driver can be asked first:
skip "a completion of what was never queued on a port: mhi_wwan_ctrl frees the packet again that it has freed (kernel)"
skip "a transfer by cookie (type 0x28): the MHI core uses the cookie unchecked as an index (kernel)"
skip "a completion unasked on the control channel that is tried at each start (mode=auto): the MHI core calls a null pointer (kernel)"
