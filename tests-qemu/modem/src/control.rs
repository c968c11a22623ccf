// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The control socket: a request per line, a line `ok ...` or `error ...` in return. Tests, from the host or through a
//! virtual serial port from the guest, steer faults and ask for counters here.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ::mhi::{Element, Event, ExecutionEnvironment, State};

use crate::bus::Bus;
use crate::cli::parse_ee;
use crate::device::{Device, MBIM, QMI};
use crate::fault::{self, number, Faults};
use crate::glitch;
use crate::mhi::engine::{Absent, Boot, Cure, Dump, Point, Signal};
use crate::shared::Shared;

/// Bytes of a request at most.
const LINE: u64 = 1 << 20;

const HELP: &str = "ping; state; memory; stats; stats NAME; faults-of-host; sys_err [event|interrupt|both [ENVIRONMENT]]; \
     crash-at reset|ready|m0|mission|start|stop|m3|awake; boot ENVIRONMENT[,ENVIRONMENT] MILLISECONDS; reset-delay MILLISECONDS; rddm; dump given|refused|kept; numb soc|function|bus|power; drop [power]; restore; stall; \
     resume; forget on|off; hesitate on|off; m1; wake; event PRIMARY-RING-ELEMENT-HEX [RING]; event-rp RING POINTER; complete-unqueued CHANNEL COUNT; \
     lose-interrupts COUNT; storm VECTOR MILLISECONDS; absent refused|both|ignored|silent; port CHANNEL ...; data ...; qmi ...; mbim ...; at ...; diag ...; \
     ip_ctrl ...; ";

/// Listens and serves each client in a thread of its own. A socket left over from an earlier run is replaced.
///
/// # Errors
///
/// The socket cannot be made.
pub fn start(path: &Path, shared: Arc<Shared>) -> io::Result<()> {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    thread::Builder::new()
        .name("control".into())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    if let Err(error) = serve(&stream, &shared) {
                        log::debug!("control client: {error}");
                    }
                });
            }
        })?;
    Ok(())
}

fn serve(stream: &UnixStream, shared: &Shared) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = Vec::new();
        if (&mut reader).take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let line = String::from_utf8_lossy(&line);
        let words: Vec<_> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        log::info!("request: {:.200}", line.trim());
        let mut device = shared.access();
        let answer = request(&mut device, &words, Instant::now());
        shared.kick(device);
        log::debug!(
            "answer: {:.200}",
            answer.as_ref().unwrap_or_else(|error| error)
        );
        let answer = match answer {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("error {error}"),
        };
        writeln!(writer, "{}", answer.trim_end().replace('\n', " "))?;
    }
}

/// Faults that have happened when they are answered. They are counted here, the others where they happen, each by its verb.
const AT_ONCE: [&str; 8] = [
    "sys_err",
    "rddm",
    "reset-delay",
    "m1",
    "event",
    "event-rp",
    "complete-unqueued",
    "state-event",
];

/// Obeys one request.
///
/// # Errors
///
/// A sentence for the user.
pub fn request(device: &mut Device, words: &[&str], now: Instant) -> Result<String, String> {
    let answer = obey(device, words, now)?;
    if let Some(verb) = AT_ONCE.iter().find(|verb| words.first() == Some(verb)) {
        device.bus.stats.count(verb);
    }
    Ok(answer)
}

fn obey(device: &mut Device, words: &[&str], now: Instant) -> Result<String, String> {
    let none = || Ok(String::new());
    match words {
        ["help"] => return Ok(format!("{HELP}{}; {}", fault::HELP, glitch::HELP)),
        ["ping"] => return Ok("pong".to_string()),
        ["state"] => return Ok(describe(device)),
        ["stats"] => {
            let Device { bus, .. } = device;
            return Ok(format!(
                "interrupts={} lost_interrupts={} {}",
                bus.interrupts.raised, bus.interrupts.lost, bus.stats
            ));
        }
        ["memory"] => {
            let (pieces, bytes) = device.bus.memory.mapped();
            let writes = device.bus.memory.writes();
            return Ok(format!("pieces={pieces} bytes={bytes} writes={writes}"));
        }
        ["faults-of-host"] => {
            let mut faults = device.bus.stats.faults();
            if device.bus.interrupts.lost > 0 {
                faults.push(format!("lost_interrupts={}", device.bus.interrupts.lost));
            }
            return Ok(faults.join(" "));
        }
        ["faults"] => {
            let Bus {
                interrupts, faults, ..
            } = &device.bus;
            let crash = u64::from(device.engine.is_to_crash());
            let left = faults.left() + interrupts.left() + crash;
            return Ok(format!("{} left={left}", faults.describe()));
        }
        ["faults", "off"] => {
            device.bus.faults = Faults::default();
            device.bus.interrupts.calm();
            device.engine.crash_at(None);
        }
        ["stats", name] => return Ok(device.bus.stats.get(name).to_string()),
        ["sys_err"] => device.engine.crash(
            ExecutionEnvironment::AMSS,
            Signal::Interrupt,
            &mut device.bus,
            now,
        ),
        ["sys_err", signal, rest @ ..] => {
            let environment = match rest {
                [] => ExecutionEnvironment::AMSS,
                [environment] => parse_ee(environment)?,
                _ => return Err("one environment".to_string()),
            };
            let signal = match *signal {
                "event" => Signal::Event,
                "interrupt" => Signal::Interrupt,
                "both" => Signal::Both,
                _ => return Err(format!("no such signal: {signal}")),
            };
            device
                .engine
                .crash(environment, signal, &mut device.bus, now);
        }
        ["rddm"] => {
            device.engine.crash(
                ExecutionEnvironment::RDDM,
                Signal::Interrupt,
                &mut device.bus,
                now,
            );
        }
        ["dump", what] => {
            device.engine.dump = match *what {
                "given" => Dump::Given,
                "refused" => Dump::Refused,
                "kept" => Dump::Kept,
                _ => return Err(format!("no such dump: {what}")),
            };
        }
        ["drop"] => device.dropped = Some(Cure::Bus),
        ["drop", "power"] => device.dropped = Some(Cure::Power),
        ["restore"] => device.reset(Cure::Power, now),
        ["numb", cure] => {
            let cure = match *cure {
                "soc" => Cure::Soc,
                "function" => Cure::Function,
                "bus" => Cure::Bus,
                "power" => Cure::Power,
                _ => return Err(format!("no such cure: {cure}")),
            };
            device.engine.numb(cure, &mut device.bus, now);
        }
        ["crash-at", point] => {
            device.engine.crash_at(Some(match *point {
                "reset" => Point::Reset,
                "ready" => Point::Ready,
                "m0" => Point::M0,
                "mission" => Point::Mission,
                "start" => Point::Start,
                "stop" => Point::Stop,
                "m3" => Point::M3,
                "awake" => Point::Awake,
                _ => return Err(format!("no such point: {point}")),
            }));
        }
        ["boot", environments, milliseconds] => {
            let milliseconds: u32 = number(milliseconds)?;
            let environments = environments.split(',').map(parse_ee);
            device.engine.set_boot(Boot {
                environments: environments.collect::<Result<_, _>>()?,
                delay: Duration::from_millis(milliseconds.into()),
            });
        }
        ["reset-delay", milliseconds] => {
            let milliseconds: u32 = number(milliseconds)?;
            let delay = Duration::from_millis(milliseconds.into());
            device.engine.set_reset_delay(delay);
        }
        ["stall"] => device.stalled = true,
        ["resume"] => device.stalled = false,
        ["forget", "on"] => device.forgetful = true,
        ["forget", "off"] => device.forgetful = false,
        ["hesitate", "on"] => device.engine.hesitate(true, &mut device.bus, now),
        ["hesitate", "off"] => device.engine.hesitate(false, &mut device.bus, now),
        ["m1"] => {
            if !device.engine.doze(&mut device.bus, now) {
                return Err("it is not in M0".to_string());
            }
        }
        ["wake"] => {
            if !device.config.wake() {
                return Err("the host has not enabled PME".to_string());
            }
        }
        ["event", hex] => event(device, hex, 0, now)?,
        ["event", hex, ring] => event(device, hex, number(ring)?, now)?,
        ["event-rp", ring, pointer] => {
            let (ring, pointer) = (number(ring)?, number(pointer)?);
            known_ring(device, ring)?;
            device.engine.point_events(ring, pointer, &mut device.bus);
        }
        ["complete-unqueued", channel, count] => {
            let (number, count) = (number(channel)?, number(count)?);
            let Device { engine, bus, .. } = device;
            if !engine.complete_unqueued(number, count, bus, now) {
                return Err(format!("channel {channel} does not run"));
            }
        }
        ["state-event", state] => {
            device
                .engine
                .send(Event::State(State(number(state)?)), &mut device.bus, now)
        }
        ["absent", fate] => {
            device.engine.start_of_absent = match *fate {
                "refused" => Absent::Refused,
                "both" => Absent::BothRefused,
                "ignored" => Absent::Ignored,
                "silent" => Absent::Silent,
                _ => return Err("refused, both, ignored or silent".to_owned()),
            };
        }
        ["port", channel, rest @ ..] => return port(device, number(channel)?, rest),
        ["data", rest @ ..] => return device.endpoints.data.command(rest),
        ["qmi", rest @ ..] => return port(device, QMI, rest),
        ["mbim", rest @ ..] => return port(device, MBIM, rest),
        ["at", rest @ ..] => return port(device, 32, rest),
        ["diag", rest @ ..] => return port(device, 4, rest),
        ["ip_ctrl", rest @ ..] => return port(device, 18, rest),
        _ => {
            let Bus {
                interrupts, faults, ..
            } = &mut device.bus;
            let answer = interrupts
                .command(words, now)
                .or_else(|| faults.command(words, now));
            return answer.unwrap_or_else(|| {
                Err(format!("unknown request: {} (try help)", words.join(" ")))
            });
        }
    }
    none()
}

fn port(device: &mut Device, channel: u8, words: &[&str]) -> Result<String, String> {
    let port = device.endpoints.ports.get_mut(&channel);
    port.ok_or_else(|| format!("no port on channel {channel}"))?
        .command(words)
}

fn event(device: &mut Device, hex: &str, ring: u32, now: Instant) -> Result<(), String> {
    let digits = u128::from_str_radix(hex, 16)
        .ok()
        .filter(|_| hex.len() == 32);
    let bytes = digits
        .ok_or("an element has 16 bytes: 32 hexadecimal digits")?
        .to_be_bytes();
    known_ring(device, ring)?;
    device
        .engine
        .inject(ring, Element::parse(&bytes), &mut device.bus, now);
    Ok(())
}

fn known_ring(device: &Device, ring: u32) -> Result<(), String> {
    match device.engine.has_events(ring) {
        true => Ok(()),
        false => Err(format!("the host has no event ring {ring}")),
    }
}

fn describe(device: &Device) -> String {
    let mut flags = String::new();
    if device.stalled {
        flags.push_str(" stalled");
    }
    if device.dropped.is_some() {
        flags.push_str(" dropped");
    }
    format!(
        "{} d={} msi={} signals=[{}]{flags}",
        device.engine.describe(),
        device.config.power_state(),
        device.bus.interrupts.enabled(),
        device.endpoints.signals.describe()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mhi::mock::Host;

    #[test]
    fn each_line_is_answered_whatever_it_is() {
        let path = std::env::temp_dir().join(format!("modem-control-{}", std::process::id()));
        let shared = Arc::new(Shared::new(Host::new(&[]).device));
        start(&path, shared).expect("a socket");
        // Two clients, one of them gone in the middle of a line.
        let mut broken = UnixStream::connect(&path).expect("connected");
        broken.write_all(b"stat").expect("written");
        drop(broken);
        let stream = UnixStream::connect(&path).expect("connected");
        let mut answers = BufReader::new(&stream).lines();
        let mut ask = |line: &[u8]| {
            (&stream).write_all(line).expect("written");
            answers.next().expect("an answer").expect("a line")
        };
        assert_eq!(ask(b"ping\n"), "ok pong");
        assert_eq!(ask(b"\n  \nping\r\n"), "ok pong");
        assert!(ask(b"\xff\xfe\0\n").starts_with("error unknown request"));
        assert_eq!(ask(b"lie-length 3\n"), "ok");
        assert_eq!(ask(b"faults\n"), "ok lies=1 mute={} glitches=0 left=1");
        assert!(ask(b"state\n").starts_with("ok state=READY ee=amss"));
        let _ = std::fs::remove_file(&path);
    }
}
