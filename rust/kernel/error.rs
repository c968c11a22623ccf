// SPDX-License-Identifier: GPL-2.0-only
//! Kernel error numbers as a type that cannot mean success.

use crate::print::Decimal;
use core::ffi::c_int;
use core::num::NonZeroI32;

/// A kernel error: `-E...`, from -4095 to -1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroI32);

/// What fallible functions return.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

impl Error {
    const MAX_ERRNO: c_int = 4095;

    /// The error of a C function's negative return value; anything out of range becomes `EINVAL`.
    pub fn from_errno(errno: c_int) -> Error {
        match NonZeroI32::new(errno) {
            Some(number) if (-Self::MAX_ERRNO..0).contains(&errno) => Error(number),
            _ => code::EINVAL,
        }
    }

    /// The negative number that C callers expect.
    pub fn to_errno(self) -> c_int {
        self.0.get()
    }

    const fn new(number: u32) -> Error {
        match NonZeroI32::new(-(number as i32)) {
            Some(number) => Error(number),
            None => panic!("an error number is not zero"),
        }
    }
}

impl core::fmt::Debug for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "error -{}", Decimal(self.0.get().unsigned_abs().into()))
    }
}

/// `Ok` for zero and positive return values of C functions.
pub fn to_result(errno: c_int) -> Result {
    if errno < 0 {
        Err(Error::from_errno(errno))
    } else {
        Ok(())
    }
}

/// The return value that C expects for `result`.
pub fn from_result(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// The error numbers in use, by their C names.
pub mod code {
    use super::Error;
    macro_rules! declare {
        ($($name:ident)*) => { $(
            #[doc = concat!("`-", stringify!($name), "`.")]
            pub const $name: Error = Error::new(bindings::$name);
        )* };
    }
    declare!(EAGAIN EBUSY EEXIST EINVAL EIO EMSGSIZE ENOBUFS ENODEV ENOMEM ENOTCONN EOPNOTSUPP EOVERFLOW ERANGE ETIMEDOUT);
}
