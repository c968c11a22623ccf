// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! The log: a line per event with seconds since the start, to standard error or a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use log::{Level, LevelFilter, Log, Metadata, Record};

struct Logger {
    start: Instant,
    out: Mutex<Box<dyn Write + Send>>,
}

/// Starts logging; `verbose` counts the `-v` options.
///
/// # Errors
///
/// The file cannot be made.
pub fn start(file: Option<&Path>, verbose: u8) -> io::Result<()> {
    let out: Box<dyn Write + Send> = match file {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stderr()),
    };
    log::set_max_level(match verbose {
        0 => LevelFilter::Warn,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    });
    let logger = Logger {
        start: Instant::now(),
        out: Mutex::new(out),
    };
    log::set_boxed_logger(Box::new(logger)).map_err(io::Error::other)
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The transport logs each message at debug level: of use only for the transport.
        !metadata.target().starts_with("vfio_user") || metadata.level() <= Level::Info
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let target = record.target().rsplit("::").next().unwrap_or_default();
        let level = record.level();
        // One write per line: whole lines, and no more work than needed.
        let line = format!("{seconds:10.6} {level:5} {target}: {}\n", record.args());
        if let Ok(mut out) = self.out.lock() {
            // A log that cannot be written is no reason to stop.
            let _ = out.write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}
