// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Signals as something to wait for. `connect`, the supervisor and `cm` end by them in good order, `watch` and `at --listen`
//! show things until one comes. Handlers and not a mask, which programs that mhictl starts would inherit.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};
use signal_hook::{flag, SigId};

use crate::exit::Error;
use crate::modem::device::Roots;

/// Signals that are caught until this is dropped; they do nothing from then on.
#[derive(Debug)]
pub struct Signals {
    /// An octet for each signal that asks for an end.
    ends: UnixStream,
    /// An octet for each of the other one, which only wakes.
    wakes: UnixStream,
    handlers: Vec<SigId>,
}

impl Signals {
    /// What ends a session, with the ends of children to wake up by.
    pub fn end(roots: &Roots) -> Result<Signals, Error> {
        // A terminal that is gone is an end like the others, unless nohup said otherwise.
        if ignores_hangup(roots) {
            Signals::watch(&[SIGTERM, SIGINT], SIGCHLD)
        } else {
            Signals::watch(&[SIGTERM, SIGINT, SIGHUP], SIGCHLD)
        }
    }

    /// What ends a command that shows things until then; the second one ends the program at once.
    pub fn interrupt() -> Result<Signals, Error> {
        let before = Arc::new(AtomicBool::new(false));
        let mut handlers = Vec::new();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first one sets what makes the second one end the program.
            for handler in [
                flag::register_conditional_shutdown(signal, 0, Arc::clone(&before)),
                flag::register(signal, Arc::clone(&before)),
            ] {
                handlers.push(handler.map_err(failed)?);
            }
        }
        let mut signals = Signals::watch(&[SIGINT, SIGTERM], SIGCHLD)?;
        signals.handlers.extend(handlers);
        Ok(signals)
    }

    fn watch(ends: &[i32], wakes: i32) -> Result<Signals, Error> {
        let mut handlers = Vec::new();
        let mut register = |signals: &[i32]| {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            for &signal in signals {
                handlers.push(pipe::register(signal, writer.try_clone()?)?);
            }
            Ok(reader)
        };
        Ok(Signals {
            ends: register(ends).map_err(failed)?,
            wakes: register(&[wakes]).map_err(failed)?,
            handlers,
        })
    }

    /// Copies of what can be read once a signal has come, for an event loop that calls [`Signals::take`] then.
    pub fn watched(&self) -> Result<[UnixStream; 2], Error> {
        let copy = |stream: &UnixStream| stream.try_clone().map_err(failed);
        Ok([copy(&self.ends)?, copy(&self.wakes)?])
    }

    /// What can be read once a signal has come that asks for an end.
    pub fn ends(&self) -> &UnixStream {
        &self.ends
    }

    /// How many signals have asked for an end since the last time.
    pub fn take(&self) -> usize {
        drain(&self.wakes);
        drain(&self.ends)
    }

    /// Waits for a signal, for some time at most; whether one has asked for an end.
    pub fn wait(&self, patience: Option<Duration>) -> bool {
        // A wait that a handler has interrupted is over, too.
        let _ = self.poll(patience);
        self.take() > 0
    }

    /// Lets time pass: true if a signal has asked for an end meanwhile or before.
    pub fn within(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.wait(Some(left)) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    fn poll(&self, patience: Option<Duration>) -> rustix::io::Result<usize> {
        let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
        let streams = [&self.ends, &self.wakes];
        poll(
            &mut streams.map(|stream| PollFd::new(stream, PollFlags::IN)),
            timeout.as_ref(),
        )
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for &handler in &self.handlers {
            unregister(handler);
        }
    }
}

/// Reads what there is; how much that was.
fn drain(mut stream: &UnixStream) -> usize {
    let mut total = 0;
    while let Ok(count @ 1..) = stream.read(&mut [0; 16]) {
        total += count;
    }
    total
}

/// Whether this process was started with SIGHUP ignored: bit 0 of the mask in /proc/self/status.
fn ignores_hangup(roots: &Roots) -> bool {
    let status = std::fs::read_to_string(roots.proc.join("self/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 != 0)
}

fn failed(error: std::io::Error) -> Error {
    Error::system("watch signals", &error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use signal_hook::consts::{SIGURG, SIGUSR1, SIGUSR2, SIGWINCH};
    use signal_hook::low_level::raise;

    #[test]
    fn each_signal_that_asks_for_an_end_counts_and_the_others_only_wake() {
        let signals = Signals::watch(&[SIGUSR1], SIGUSR2).unwrap();
        assert_eq!(signals.take(), 0);
        assert!(!signals.wait(Some(Duration::ZERO)));
        raise(SIGUSR2).unwrap();
        let long = Duration::from_secs(60);
        let start = Instant::now();
        assert!(!signals.wait(Some(long)) && start.elapsed() < long);
        raise(SIGUSR1).unwrap();
        raise(SIGUSR1).unwrap();
        assert_eq!((signals.take(), signals.take()), (2, 0));
        raise(SIGUSR1).unwrap();
        assert!(signals.wait(None));
    }

    #[test]
    fn time_passes_whatever_only_wakes() {
        let signals = Signals::watch(&[SIGWINCH], SIGURG).unwrap();
        let time = Duration::from_millis(50);
        let start = Instant::now();
        raise(SIGURG).unwrap();
        assert!(!signals.within(time) && start.elapsed() >= time);
        raise(SIGWINCH).unwrap();
        assert!(signals.within(Duration::from_secs(60)));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn nothing_is_left_of_what_is_dropped() {
        let signals = Signals::end(&Roots::default()).unwrap();
        let copies = signals.watched().unwrap();
        drop(signals);
        // Their last writers are gone.
        for mut copy in copies {
            assert_eq!(copy.read(&mut [0]).unwrap(), 0);
        }
    }

    #[test]
    fn nohup_keeps_a_hangup_from_being_an_end() {
        let tree = Tree::new();
        let own = tree.roots.proc.join("self");
        std::fs::create_dir_all(&own).unwrap();
        for (mask, ignored) in [("0000000000001001", true), ("0000000000001000", false)] {
            std::fs::write(own.join("status"), format!("SigIgn:\t{mask}\n")).unwrap();
            assert_eq!(ignores_hangup(&tree.roots), ignored);
        }
    }
}
