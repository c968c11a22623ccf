// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Counted lists inside TLVs, either borrowed from the wire or from a slice about to be sent.

use core::fmt;

use crate::{Cursor, Error, Value, Writer};

macro_rules! list {
    ($(#[$meta:meta])* $name:ident, $prefix:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $name<'a, T> {
            source: Source<'a, T>,
        }

        impl<'a, T: Value<'a> + Copy> $name<'a, T> {
            /// A list to send.
            pub fn new(items: &'a [T]) -> Self {
                $name { source: Source::Items(items) }
            }

            /// The elements in order.
            pub fn iter(&self) -> Items<'a, T> {
                Items(self.source)
            }
        }

        impl<'a, T: Value<'a>> Value<'a> for $name<'a, T> {
            /// Reads each element once, so that iterating cannot fail.
            fn read(at: &mut Cursor<'a>) -> Result<Self, Error> {
                let count = usize::from($prefix::read(at)?);
                let start = *at;
                for _ in 0..count {
                    // Elements without bytes would let a count of 65535 cost nothing on the wire.
                    let before = at.left();
                    T::read(at)?;
                    if at.left() == before {
                        return Err(Error::Truncated);
                    }
                }
                Ok($name { source: Source::Wire { count, at: start } })
            }

            fn write(&self, to: &mut Writer<'_>) {
                match self.source {
                    Source::Items(items) => {
                        match $prefix::try_from(items.len()) {
                            Ok(count) => count.write(to),
                            Err(_) => to.fail(),
                        }
                        items.iter().for_each(|item| item.write(to));
                    }
                    Source::Wire { count, mut at } => {
                        match $prefix::try_from(count) {
                            Ok(count) => count.write(to),
                            Err(_) => to.fail(),
                        }
                        for _ in 0..count {
                            if let Ok(item) = T::read(&mut at) {
                                item.write(to);
                            }
                        }
                    }
                }
            }
        }

        impl<T> Default for $name<'_, T> {
            fn default() -> Self {
                $name { source: Source::Items(&[]) }
            }
        }

        impl<'a, T: Value<'a> + Copy + PartialEq> PartialEq for $name<'a, T> {
            fn eq(&self, other: &Self) -> bool {
                self.iter().eq(other.iter())
            }
        }

        impl<'a, T: Value<'a> + Copy + Eq> Eq for $name<'a, T> {}

        impl<'a, T: Value<'a> + Copy + fmt::Debug> fmt::Debug for $name<'a, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }
    };
}

list! {
    /// A list with an 8-bit count.
    List8, u8
}

list! {
    /// A list with a 16-bit count.
    List16, u16
}

#[derive(Clone, Copy)]
enum Source<'a, T> {
    Items(&'a [T]),
    // INVARIANT: `count` elements can be read from `at`.
    Wire { count: usize, at: Cursor<'a> },
}

/// The elements of a list.
#[derive(Clone)]
pub struct Items<'a, T>(Source<'a, T>);

impl<'a, T: Value<'a> + Copy> Iterator for Items<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.0 {
            Source::Items(items) => {
                let (&first, rest) = items.split_first()?;
                *items = rest;
                Some(first)
            }
            Source::Wire { count, at } => {
                *count = count.checked_sub(1)?;
                T::read(at).ok()
            }
        }
    }
}
