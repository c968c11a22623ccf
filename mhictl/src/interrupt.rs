// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Ctrl-C and SIGTERM as something to wait for: a command that shows things until then ends in its own time. The second one
//! ends the program at once.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::Error;

/// The two signals from now on.
#[derive(Debug)]
pub struct Interrupt(UnixStream);

impl Interrupt {
    /// Takes the signals.
    pub fn new() -> Result<Interrupt, Error> {
        let failed = |error| Error::system("watch signals", &error);
        let (reader, writer) = UnixStream::pair().map_err(failed)?;
        let before = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let writer = writer.try_clone().map_err(failed)?;
            // In this order: the first one sets what makes the second one end the program.
            signal_hook::flag::register_conditional_shutdown(signal, 0, Arc::clone(&before))
                .map_err(failed)?;
            signal_hook::flag::register(signal, Arc::clone(&before)).map_err(failed)?;
            signal_hook::low_level::pipe::register(signal, writer).map_err(failed)?;
        }
        Ok(Interrupt(reader))
    }

    /// What can be read once a signal has come.
    pub fn readable(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Lets time pass: true if a signal has come meanwhile or before.
    pub fn within(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).ok();
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) if left.is_zero() => return false,
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                _ => return true,
            }
        }
    }
}
