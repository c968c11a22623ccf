// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Puts commands together from their fragments.

use mbim::service::error;
use mbim::Fragment;

use super::code;

/// Bytes of a command at most.
const COMMAND: usize = 64 * 1024;

/// The command that is being put together, if one is.
#[derive(Default)]
pub(super) struct Gather(Option<Partial>);

/// A command of which more fragments are to come.
struct Partial {
    transaction: u32,
    next: Fragment,
    bytes: Vec<u8>,
}

impl Gather {
    /// Takes a fragment behind its header; the command, if it is whole now.
    ///
    /// # Errors
    ///
    /// The code to answer; what there was of the command is forgotten.
    pub(super) fn take(&mut self, transaction: u32, rest: &[u8]) -> Result<Option<Vec<u8>>, u32> {
        let before = self.0.take();
        let (fragment, bytes) = Fragment::parse(rest).map_err(code)?;
        // A first fragment begins anew, whatever there was.
        let mut partial = before
            .filter(|_| fragment.current > 0)
            .unwrap_or_else(|| Partial {
                transaction,
                next: Fragment {
                    total: fragment.total,
                    current: 0,
                },
                bytes: Vec::new(),
            });
        if (transaction, fragment) != (partial.transaction, partial.next) {
            return Err(error::FRAGMENT_OUT_OF_SEQUENCE);
        }
        if partial.bytes.len() + bytes.len() > COMMAND {
            return Err(error::MAX_TRANSFER);
        }
        partial.bytes.extend(bytes);
        partial.next.current += 1;
        if partial.next.current == partial.next.total {
            return Ok(Some(partial.bytes));
        }
        self.0 = Some(partial);
        Ok(None)
    }

    /// Forgets what there is.
    pub(super) fn reset(&mut self) {
        self.0 = None;
    }
}
