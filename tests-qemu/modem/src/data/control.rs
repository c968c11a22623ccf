// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The requests of the control socket that begin with `data`.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use qmap::modem::{overhead, write_command, write_frame};
use qmap::{Checksum, FLOW_DISABLE, FLOW_ENABLE};

use super::blast::{Blast, PORT};
use super::downlink::checksum;
use super::{lock, version, DataPlane};
use crate::session::{Family, Format, Qmap};

const HELP: &str = "stats [reset] | faults-of-host | inject HEX | inject-random SEED LENGTH COUNT | pending | \
    frame MUX HEX [PAD [none|valid|unverified]] | flow disable|enable MUX | flow status TRANSACTION | \
    aggregate PACKETS BYTES [HOLD_MS] | aggregate auto | pad BYTES|auto | corrupt checksum|packet COUNT | drop COUNT | \
    blast MUX[-MUX] SIZE COUNT RATE [SEED] | session up|down MUX | uplink-rate BITS|off | \
    peers on|off | format none|v1|v4|v5 [DL_PACKETS DL_BYTES UL_PACKETS UL_BYTES]";

/// Unasked streams at the same time.
const STREAMS: usize = 64;
/// Least bits a second: a transfer of 64 KiB then takes half a minute.
const SLOWEST: u64 = 16_000;

impl DataPlane {
    pub(super) fn control(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["help"] => Ok(HELP.to_owned()),
            ["stats"] => Ok(self.stats.to_string()),
            ["faults-of-host"] => Ok(self.stats.faults().join(" ")),
            ["stats", "reset"] => {
                self.stats.reset();
                Ok("reset".to_owned())
            }
            ["inject", hex] => {
                self.inject.transfer(bytes(hex)?)?;
                Ok("queued".to_owned())
            }
            ["inject-random", seed, length, count] => {
                self.inject
                    .random(number(seed)?, number(length)?, number(count)?)?;
                Ok("queued".to_owned())
            }
            ["pending"] => Ok(self.inject.pending().to_string()),
            ["frame", mux, hex, options @ ..] => self.frame(number(mux)?, &bytes(hex)?, options),
            ["flow", "disable", mux] => self.flow(number(mux)?, FLOW_DISABLE),
            ["flow", "enable", mux] => self.flow(number(mux)?, FLOW_ENABLE),
            ["flow", "status", transaction] => {
                let status = self.flow.status(number(transaction)?);
                status
                    .map(str::to_owned)
                    .ok_or(format!("no transaction {transaction}"))
            }
            ["aggregate", "auto"] => {
                (self.downlink.limits, self.downlink.hold) = (None, Duration::ZERO);
                Ok("as negotiated".to_owned())
            }
            ["aggregate", packets, bytes, hold @ ..] if hold.len() < 2 => {
                let hold = hold.first().map_or(Ok(0), |hold| number(hold))?;
                self.downlink.limits = Some((number::<usize>(packets)?.max(1), number(bytes)?));
                self.downlink.hold = Duration::from_millis(hold);
                Ok("set".to_owned())
            }
            ["pad", "auto"] => {
                self.downlink.pad = None;
                Ok("aligned to 4".to_owned())
            }
            ["pad", pad] => {
                let pad: u8 = number(pad)?;
                self.downlink.pad = Some(pad);
                if pad > 63 {
                    self.downlink.pad = None;
                    return Err(format!("{pad}: 0 to 63"));
                }
                Ok("set".to_owned())
            }
            ["corrupt", "checksum", count] => {
                self.downlink.lie = number(count)?;
                Ok("set".to_owned())
            }
            ["corrupt", "packet", count] => {
                self.downlink.damage = number(count)?;
                Ok("set".to_owned())
            }
            ["drop", count] => {
                self.downlink.lose = number(count)?;
                Ok("set".to_owned())
            }
            ["blast", mux, size, count, rate] => self.blast(mux, size, count, rate, "1"),
            ["blast", mux, size, count, rate, seed] => self.blast(mux, size, count, rate, seed),
            ["session", "up", mux] => {
                let mux = number(mux)?;
                let mut modem = lock(&self.modem);
                modem.start(mux, Family::V4, "internet", 1);
                modem.start(mux, Family::V6, "internet", 1);
                let address = |family: Option<String>| family.unwrap_or_default();
                let session = modem.session(mux);
                let ipv4 = session
                    .and_then(|session| session.ipv4)
                    .map(|ip| ip.address.to_string());
                let ipv6 = session
                    .and_then(|session| session.ipv6)
                    .map(|ip| ip.address.to_string());
                Ok(format!("{} {}", address(ipv4), address(ipv6)))
            }
            ["session", "down", mux] => {
                let mux = number(mux)?;
                let mut modem = lock(&self.modem);
                let ipv4 = modem.stop(mux, Family::V4);
                let ipv6 = modem.stop(mux, Family::V6);
                if ipv4 || ipv6 {
                    Ok("down".to_owned())
                } else {
                    Err("was not up".to_owned())
                }
            }
            ["peers", choice @ ("on" | "off")] => {
                self.peers = *choice == "on";
                Ok("set".to_owned())
            }
            ["uplink-rate", "off"] => {
                self.line.rate = None;
                Ok("all at once".to_owned())
            }
            ["uplink-rate", bits] => {
                let bits: u64 = number(bits)?;
                self.line.rate = Some(bits.max(SLOWEST));
                Ok("set".to_owned())
            }
            ["format", ..] if lock(&self.modem).mbim => Err("in MBIM mode it is NTB16".to_owned()),
            ["format", qmap] => self.format(qmap, &["32", "32768", "11", "8192"]),
            ["format", qmap, limits @ ..] => self.format(qmap, limits),
            _ => Err(format!(
                "unknown or incomplete: {}; there is: {HELP}",
                words.join(" ")
            )),
        }
    }

    /// Sends a packet of a test's making in a frame of the format in use.
    fn frame(&mut self, mux: u8, packet: &[u8], options: &[&str]) -> Result<String, String> {
        let dl = lock(&self.modem).format.dl;
        let version = version(dl).ok_or("raw IP has no frames")?;
        let (pad, said) = match options {
            [] => (0, checksum(version, packet)),
            [pad] => (number(pad)?, checksum(version, packet)),
            [pad, "none"] => (number(pad)?, Checksum::None),
            [pad, "valid"] => (number(pad)?, Checksum::Valid),
            [pad, "unverified"] => (number(pad)?, Checksum::Unverified),
            _ => return Err("PAD [none|valid|unverified] expected".to_owned()),
        };
        let mut out = vec![0; packet.len() + usize::from(pad) + overhead(version)];
        let length = write_frame(&mut out, version, mux, packet, pad, said)
            .ok_or("it does not fit a frame")?;
        out.truncate(length);
        self.inject.transfer(out)?;
        Ok("queued".to_owned())
    }

    fn flow(&mut self, mux: u8, name: u8) -> Result<String, String> {
        let version = version(lock(&self.modem).format.dl).ok_or("raw IP has no commands")?;
        let command = self.flow.request(mux, name);
        let mut frame = vec![0; 32];
        let length =
            write_command(&mut frame, version, mux, &command).ok_or("no room for a command")?;
        frame.truncate(length);
        if !self.downlink.command(frame) {
            return Err("too many commands wait".to_owned());
        }
        Ok(command.transaction.to_string())
    }

    fn blast(
        &mut self,
        mux: &str,
        size: &str,
        count: &str,
        rate: &str,
        seed: &str,
    ) -> Result<String, String> {
        let (first, last): (u8, u8) = match mux.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(mux)?, number(mux)?),
        };
        let mut blasts = Vec::new();
        for mux in first..=last {
            if self.blasts.len() + blasts.len() >= STREAMS {
                return Err(format!("more than {STREAMS} streams"));
            }
            if lock(&self.modem)
                .session(mux)
                .and_then(|session| session.ipv4)
                .is_none()
            {
                return Err(format!("mux {mux} has no IPv4 session"));
            }
            blasts.push(Blast::new(
                mux,
                number(seed)?,
                number(size)?,
                number(count)?,
                number(rate)?,
            )?);
        }
        self.blasts.extend(blasts);
        Ok(format!("to port {PORT}"))
    }

    /// Sets the data format as QMI would.
    fn format(&mut self, qmap: &str, limits: &[&str]) -> Result<String, String> {
        let qmap = match qmap {
            "none" => Qmap::None,
            "v1" => Qmap::V1,
            "v4" => Qmap::V4,
            "v5" => Qmap::V5,
            other => return Err(format!("unknown format {other}")),
        };
        let limits: Result<Vec<u32>, String> = limits.iter().map(|limit| number(limit)).collect();
        let [dl_max_packets, dl_max_size, ul_max_packets, ul_max_size] = limits?[..] else {
            return Err("DL_PACKETS DL_BYTES UL_PACKETS UL_BYTES expected".to_owned());
        };
        let limits = Format {
            dl_max_packets,
            dl_max_size,
            ul_max_packets,
            ul_max_size,
            ..Format::RAW_IP
        };
        let modem = Arc::clone(&self.modem);
        lock(&modem).format = if qmap == Qmap::None {
            Format::RAW_IP
        } else {
            Format {
                ul: qmap,
                dl: qmap,
                ..limits
            }
        };
        Ok("set".to_owned())
    }
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("cannot read {word:?}"))
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits.ok_or("not hexadecimal")?;
    if digits.len() % 2 != 0 {
        return Err("half a byte is left over".to_owned());
    }
    Ok(digits
        .chunks_exact(2)
        .map(|pair| (pair[0] << 4) | pair[1])
        .collect())
}
