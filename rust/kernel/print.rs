// SPDX-License-Identifier: GPL-2.0-only
//! Kernel log lines: `dev_err_ratelimited!`, `dev_warn!`, `dev_info!` and `pr_info!`. Lines longer than 240 bytes are cut.

use crate::device::Device;
use core::ffi::{c_char, c_int, CStr};
use core::fmt::{self, Write};

/// Severity, as the kernel's log levels number it.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Level {
    /// Something failed that a user has to know.
    Error = b'3',
    /// Something is wrong but handled.
    Warning = b'4',
    /// A line that tells what happens.
    Info = b'6',
}

/// Prints one line about a device.
pub fn dev_print(level: Level, dev: &Device, args: fmt::Arguments<'_>) {
    let line = Line::format(args);
    // SAFETY: `dev` is a valid device; "%.*s" takes a length and a pointer to at least that many bytes.
    unsafe {
        bindings::rust_helper_dev_printk(
            level as c_char,
            dev.as_raw(),
            c"%.*s\n".as_ptr(),
            line.len(),
            line.as_ptr(),
        )
    }
}

/// Prints one line about the module.
pub fn print(level: Level, args: fmt::Arguments<'_>) {
    let line = Line::format(args);
    // SAFETY: As above.
    unsafe {
        bindings::rust_helper_printk(
            level as c_char,
            c"%.*s\n".as_ptr(),
            line.len(),
            line.as_ptr(),
        )
    }
}

/// Prints one line about a device, unless too many were printed lately.
pub fn dev_print_ratelimited(level: Level, dev: &Device, args: fmt::Arguments<'_>) {
    // SAFETY: No preconditions.
    if unsafe { bindings::rust_helper_ratelimit() } {
        dev_print(level, dev, args);
    }
}

/// A C string in ASCII, to be printed.
pub struct Ascii<'a>(pub &'a CStr);

impl fmt::Display for Ascii<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.0.to_bytes().iter();
        bytes.try_for_each(|byte| f.write_char(char::from(*byte)))
    }
}

/// A number, to be printed as it is: in a tenth of the code that `fmt`'s paddings and signs take.
pub struct Decimal(pub u64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 9 {
            Decimal(self.0 / 10).fmt(f)?; // at most 19 deep
        }
        f.write_char(char::from(b'0' + (self.0 % 10) as u8))
    }
}

/// A line under construction, on the stack.
struct Line {
    bytes: [u8; 240],
    used: usize,
}

impl Line {
    fn format(args: fmt::Arguments<'_>) -> Line {
        let mut line = Line {
            bytes: [0; 240],
            used: 0,
        };
        let _ = line.write_fmt(args);
        line
    }

    fn len(&self) -> c_int {
        self.used as c_int
    }

    fn as_ptr(&self) -> *const u8 {
        self.bytes.as_ptr()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.used..).unwrap_or_default();
        let count = room.len().min(text.len());
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.used += count;
        Ok(())
    }

    /// All that is printed is ASCII.
    fn write_char(&mut self, character: char) -> fmt::Result {
        if let Some(to) = self.bytes.get_mut(self.used) {
            *to = u8::try_from(character).unwrap_or(b'?');
            self.used += 1;
        }
        Ok(())
    }
}

/// Prints an error line about a `device::Device`, unless too many lines were printed lately.
#[macro_export]
macro_rules! dev_err_ratelimited {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::dev_print_ratelimited($crate::print::Level::Error, $dev, ::core::format_args!($($arg)*))
    };
}

/// Prints a warning line about a `device::Device`.
#[macro_export]
macro_rules! dev_warn {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::dev_print($crate::print::Level::Warning, $dev, ::core::format_args!($($arg)*))
    };
}

/// Prints a warning line, unless too many were printed lately.
#[macro_export]
macro_rules! dev_warn_ratelimited {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::dev_print_ratelimited($crate::print::Level::Warning, $dev, ::core::format_args!($($arg)*))
    };
}

/// Prints an informational line about a `device::Device`.
#[macro_export]
macro_rules! dev_info {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::dev_print($crate::print::Level::Info, $dev, ::core::format_args!($($arg)*))
    };
}

/// Prints an informational line, unless too many lines were printed lately.
#[macro_export]
macro_rules! dev_info_ratelimited {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::dev_print_ratelimited($crate::print::Level::Info, $dev, ::core::format_args!($($arg)*))
    };
}

/// Prints an informational line about the module.
#[macro_export]
macro_rules! pr_info {
    ($($arg:tt)*) => {
        $crate::print::print($crate::print::Level::Info, ::core::format_args!($($arg)*))
    };
}
