// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The DIAG port, channels 4/5: HDLC-like frames with a CRC, a version request answered, all else refused in the protocol's
//! own way. Numbers as in ModemManager's libqcdm and Linux' historic diagchar sources.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::fault::number;
use crate::port::Port;
use crate::session::Modem;

/// Ends a frame.
const FLAG: u8 = 0x7e;
/// Escapes the next byte, which is XORed with [`FLIP`].
const ESCAPE: u8 = 0x7d;
const FLIP: u8 = 0x20;
/// Longest request, CRC included.
const LONGEST: usize = 4096;
/// Answers that wait for the host at most.
const OUTBOX: usize = 256;

/// Requests.
const VERSION: u8 = 0;
const ESN: u8 = 1;
const TIMESTAMP: u8 = 29;
const EXTENDED_BUILD_ID: u8 = 124;
/// Refusals; the request follows.
const BAD_COMMAND: u8 = 0x13;
const BAD_LENGTH: u8 = 0x15;

/// The DIAG port.
pub struct Diag {
    modem: Arc<Mutex<Modem>>,
    frame: Vec<u8>,
    escaped: bool,
    /// The frame at hand is too long: swallow it.
    overrun: bool,
    outbox: VecDeque<Vec<u8>>,
    requests: u64,
    malformed: u64,
    dropped: u64,
    /// Messages of how many bytes are still to be sent without a request, and how many were.
    flood: (usize, u64),
    flooded: u64,
}

impl Diag {
    /// The port of a modem.
    pub fn new(modem: Arc<Mutex<Modem>>) -> Self {
        Diag {
            modem,
            frame: Vec::new(),
            escaped: false,
            overrun: false,
            outbox: VecDeque::new(),
            requests: 0,
            malformed: 0,
            dropped: 0,
            flood: (0, 0),
            flooded: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        match byte {
            FLAG => self.end(),
            ESCAPE => self.escaped = true,
            _ if self.frame.len() >= LONGEST => self.overrun = true,
            _ => {
                let flip = if self.escaped { FLIP } else { 0 };
                self.frame.push(byte ^ flip);
                self.escaped = false;
            }
        }
    }

    /// A frame is complete: answer it, or count it if its CRC is wrong. Several flags in a row are one.
    fn end(&mut self) {
        let frame = std::mem::take(&mut self.frame);
        let broken = std::mem::take(&mut self.overrun) | std::mem::take(&mut self.escaped);
        if frame.is_empty() && !broken {
            return;
        }
        match frame.split_last_chunk::<2>() {
            Some((request, check))
                if !broken && !request.is_empty() && crc(request) == u16::from_le_bytes(*check) =>
            {
                self.requests += 1;
                let answer = self.answer(request);
                if self.outbox.len() < OUTBOX {
                    self.outbox.push_back(framed(&answer));
                } else {
                    self.dropped += 1;
                }
            }
            _ => self.malformed += 1,
        }
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let modem = self.modem.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = &modem.identity;
        match request {
            [VERSION] => {
                let mut answer = vec![VERSION];
                // When compiled and released: date and time, twice.
                for _ in 0..2 {
                    answer.extend(b"Jan 01 2024");
                    answer.extend(b"00:00:00");
                }
                answer.extend(identity.model.bytes().chain([0; 8]).take(8));
                // Station class, CAI revision, model, firmware revision, slot cycle, hardware version.
                answer.extend([0, 6, 0, 0, 0, 2, 1, 0]);
                answer
            }
            [ESN] => [ESN, 0, 0, 0, 0].to_vec(),
            [TIMESTAMP] => [vec![TIMESTAMP], timestamp().to_le_bytes().to_vec()].concat(),
            [EXTENDED_BUILD_ID] => {
                // Version 1, reserved, MSM revision, mobile model number, then build id and model as strings.
                let mut answer = vec![EXTENDED_BUILD_ID, 1, 0, 0];
                answer.extend([0; 8]);
                for text in [&identity.revision(), &identity.model] {
                    answer.extend(text.bytes().chain([0]));
                }
                answer
            }
            [VERSION | ESN | TIMESTAMP | EXTENDED_BUILD_ID, ..] => {
                [&[BAD_LENGTH], request].concat()
            }
            _ => [&[BAD_COMMAND], request].concat(),
        }
    }
}

impl Port for Diag {
    fn receive(&mut self, message: &[u8], _now: Instant) {
        message.iter().for_each(|&byte| self.byte(byte));
    }

    fn poll(&mut self, _now: Instant) -> Option<Vec<u8>> {
        if self.outbox.is_empty() && self.flood.1 > 0 {
            self.flood.1 -= 1;
            self.flooded += 1;
            return Some(vec![self.flooded as u8; self.flood.0]);
        }
        self.outbox.pop_front()
    }

    fn reset(&mut self) {
        self.frame.clear();
        self.escaped = false;
        self.overrun = false;
        self.outbox.clear();
    }

    fn command(&mut self, words: &[&str]) -> Result<String, String> {
        match words {
            ["stats"] => Ok(format!(
                "requests={} malformed={} dropped={} flooded={}",
                self.requests, self.malformed, self.dropped, self.flooded
            )),
            ["flood", bytes, count] => {
                let bytes = number(bytes)?;
                if !(1..=LONGEST).contains(&bytes) {
                    return Err(format!("a message has from 1 to {LONGEST} bytes"));
                }
                self.flood = (bytes, number(count)?);
                Ok(String::new())
            }
            _ => Err("stats; flood BYTES COUNT".to_owned()),
        }
    }
}

/// Units of 1.25 ms since 6 January 1980, in the upper 48 of 64 bits.
fn timestamp() -> u64 {
    const GPS_EPOCH: u64 = 315_964_800;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let milliseconds = u64::try_from(now.as_millis())
        .unwrap_or(0)
        .saturating_sub(GPS_EPOCH * 1000);
    (milliseconds * 4 / 5) << 16
}

/// A frame: content and CRC escaped, then the flag.
fn framed(content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(content.len() + 4);
    for &byte in content.iter().chain(&crc(content).to_le_bytes()) {
        match byte {
            FLAG | ESCAPE => frame.extend([ESCAPE, byte ^ FLIP]),
            _ => frame.push(byte),
        }
    }
    frame.push(FLAG);
    frame
}

/// CRC-16 of ISO/IEC 3309 (HDLC), bits reflected.
fn crc(bytes: &[u8]) -> u16 {
    !bytes.iter().fold(0xffff, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| match crc & 1 {
            0 => crc >> 1,
            _ => (crc >> 1) ^ 0x8408,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port() -> Diag {
        Diag::new(Arc::new(Mutex::new(Modem::default())))
    }

    fn exchange(port: &mut Diag, bytes: &[u8]) -> Vec<Vec<u8>> {
        port.receive(bytes, Instant::now());
        std::iter::from_fn(|| port.poll(Instant::now()))
            .map(|frame| unframed(&frame))
            .collect()
    }

    /// Takes a frame apart independently of the port: flag off, escapes off, CRC checked and off.
    fn unframed(frame: &[u8]) -> Vec<u8> {
        let (last, escaped) = frame.split_last().unwrap();
        assert_eq!(*last, FLAG);
        let mut bytes = Vec::new();
        let mut escape = false;
        for &byte in escaped {
            assert_ne!(byte, FLAG);
            match (byte, escape) {
                (ESCAPE, _) => escape = true,
                (byte, true) => {
                    bytes.push(byte ^ 0x20);
                    escape = false;
                }
                (byte, false) => bytes.push(byte),
            }
        }
        // X.25's residue: the CRC over content and CRC is the same for all frames (RFC 1662, C.1: 0xf0b8 before inversion).
        assert_eq!(!crc(&bytes), 0xf0b8);
        bytes.truncate(bytes.len() - 2);
        bytes
    }

    #[test]
    fn crc_matches_libqcdm_vectors() {
        // libqcdm/tests/test-qcdm-crc.c
        let mut bytes = vec![0u8; 133];
        bytes[..2].copy_from_slice(&[0x26, 0xb2]);
        assert_eq!(crc(&bytes), 0x6d69);
        // The catalogue's check value of CRC-16/IBM-SDLC.
        assert_eq!(crc(b"123456789"), 0x906e);
    }

    #[test]
    fn version_request_of_modem_manager_is_answered() {
        // Version info request: command 0, CRC 0xf078.
        let answers = exchange(&mut port(), &[0x00, 0x78, 0xf0, 0x7e]);
        let [answer] = answers.as_slice() else {
            panic!("{answers:x?}")
        };
        assert_eq!(answer.len(), 55);
        assert_eq!(&answer[39..47], b"RM520N-G");
    }

    #[test]
    fn build_id_and_timestamp() {
        let mut port = port();
        let answers = exchange(
            &mut port,
            &[framed(&[124]), framed(&[29]), framed(&[1])].concat(),
        );
        assert!(answers[0].ends_with(b"RM520NGLAAR03A03M4G\0RM520N-GL\0"));
        assert_eq!((answers[1].len(), answers[1][0]), (9, 29));
        assert_eq!(answers[2], [1, 0, 0, 0, 0]);
    }

    #[test]
    fn unknown_and_misshapen_requests_are_refused_with_their_bytes() {
        let mut port = port();
        assert_eq!(
            exchange(&mut port, &framed(&[0x4b, 0x0f, 0x7e, 0x7d])),
            [[0x13, 0x4b, 0x0f, 0x7e, 0x7d]]
        );
        assert_eq!(
            exchange(&mut port, &framed(&[0x00, 0x01])),
            [[0x15, 0x00, 0x01]]
        );
    }

    #[test]
    fn frames_in_pieces_and_in_a_row() {
        let mut port = port();
        let frame = framed(&[0x00]);
        for byte in &frame[..frame.len() - 1] {
            assert!(exchange(&mut port, &[*byte]).is_empty());
        }
        assert_eq!(exchange(&mut port, &[FLAG, FLAG, FLAG]).len(), 1);
        assert_eq!(exchange(&mut port, &frame.repeat(5)).len(), 5);
        assert_eq!(
            port.command(&["stats"]),
            Ok("requests=6 malformed=0 dropped=0 flooded=0".to_owned())
        );
    }

    #[test]
    fn broken_frames_are_counted_and_bounded() {
        let mut port = port();
        assert!(exchange(&mut port, &[0x00, 0x78, 0xf1, 0x7e]).is_empty());
        assert!(exchange(&mut port, &[0x00, 0x7e]).is_empty());
        assert!(exchange(&mut port, &[0x78, 0xf0, 0x7d, 0x7e]).is_empty());
        assert!(exchange(&mut port, &vec![0x55; 1_000_000]).is_empty());
        assert!(port.frame.len() <= LONGEST);
        assert!(exchange(&mut port, &[0x7e]).is_empty());
        assert_eq!(
            port.command(&["stats"]),
            Ok("requests=0 malformed=4 dropped=0 flooded=0".to_owned())
        );
        assert_eq!(exchange(&mut port, &framed(&[0x00])).len(), 1);
        for _ in 0..OUTBOX + 10 {
            port.receive(&framed(&[0x00]), Instant::now());
        }
        assert_eq!(
            std::iter::from_fn(|| port.poll(Instant::now())).count(),
            OUTBOX
        );
    }
}
