// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! `mhictl cm -f FILE`: what is printed, by mhictl and by its hook, goes into a file as well, each line with its time. Standard
//! output and error become sockets, and a thread for each of them copies what comes out.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};

use crate::exit::{Error, Exit};

/// Least number of a copy: the three below are what every program has.
const ABOVE: i32 = 3;
/// Longest line that is kept together.
const LINE_MAX: u64 = 4096;

/// Makes a descriptor standard output, or standard error.
type Back = fn(&OwnedFd) -> rustix::io::Result<()>;

/// The file, as long as it listens.
#[derive(Debug)]
pub struct Logfile {
    file: File,
    streams: Vec<Stream>,
}

/// One of the two, and where it went before.
#[derive(Debug)]
struct Stream {
    writer: UnixStream,
    before: OwnedFd,
    back: Back,
    copier: Option<JoinHandle<()>>,
}

impl Logfile {
    /// Begins to add to the file.
    pub fn start(path: &Path) -> Result<Logfile, Error> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path);
        let file = file.map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                Error::system(format_args!("-f {}", path.display()), &error)
            }
            _ => Error::new(
                Exit::Usage,
                format!("-f {:?}: {error}", path),
                "name a file that can be written",
            ),
        })?;
        let failed = |error: std::io::Error| Error::system("write the log file as well", &error);
        let mut streams = Vec::new();
        let both: [(_, Back); 2] = [
            (fcntl_dupfd_cloexec(stdout(), ABOVE), |fd| dup2_stdout(fd)),
            (fcntl_dupfd_cloexec(stderr(), ABOVE), |fd| dup2_stderr(fd)),
        ];
        for (before, back) in both {
            let before = before.map_err(|error| failed(error.into()))?;
            let (reader, writer) = UnixStream::pair().map_err(failed)?;
            let terminal = File::from(before.try_clone().map_err(failed)?);
            let file = file.try_clone().map_err(failed)?;
            let copier = std::thread::spawn(move || copy(reader, terminal, file));
            let writer_fd = OwnedFd::from(writer.try_clone().map_err(failed)?);
            back(&writer_fd).map_err(|error| failed(error.into()))?;
            streams.push(Stream {
                writer,
                before,
                back,
                copier: Some(copier),
            });
        }
        Ok(Logfile { file, streams })
    }

    /// Ends it: everything that was printed is in the file then, and after it the error that `main` prints.
    pub fn end(mut self, error: Option<&Error>) {
        self.streams.clear();
        if let Some(error) = error {
            let text = format!("{error}\n");
            copy(text.as_bytes(), std::io::sink(), &mut self.file);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let _ = (self.back)(&self.before);
        // Also for those who have inherited it.
        let _ = self.writer.shutdown(Shutdown::Write);
        if let Some(copier) = self.copier.take() {
            let _ = copier.join();
        }
    }
}

/// Copies lines until the other end is shut. A reader that has gone away, or a full disk, does not end the session.
fn copy(reader: impl Read, mut terminal: impl Write, mut file: impl Write) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut reader).take(LINE_MAX);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let _ = terminal.write_all(&line).and_then(|()| terminal.flush());
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut dated = format!("{} ", stamp(since.unwrap_or_default())).into_bytes();
        dated.append(&mut line);
        let _ = file.write_all(&dated);
    }
}

/// The time as RFC 3339 has it, in UTC.
fn stamp(since: Duration) -> String {
    let seconds = since.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March have their leap day at the end, eras of 400 years all have the same days.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march = (5 * day + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    format!(
        "{:04}-{month:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        year + era * 400 + u64::from(month <= 2),
        day - (153 * march + 2) / 5 + 1,
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
            (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(stamp(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn lines_go_both_ways_and_long_ones_are_cut() {
        let (reader, mut writer) = UnixStream::pair().unwrap();
        let long = "x".repeat(5000);
        let input = format!("modem: wwan0\n{long}\nlast");
        writer.write_all(input.as_bytes()).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
        let (mut terminal, mut file) = (Vec::new(), Vec::new());
        copy(reader, &mut terminal, &mut file);
        assert_eq!(String::from_utf8(terminal).unwrap(), input);
        let file = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].ends_with("Z modem: wwan0") && lines[3].ends_with("Z last"));
        assert_eq!(lines[1].len(), "1970-01-01T00:00:00.000Z ".len() + 4096);
    }
}
