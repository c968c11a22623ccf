// SPDX-License-Identifier: GPL-2.0-only
//! What passes an interface without being a packet of the stack's, shown to those who look at all that passes it, such as tcpdump.

use super::device::{Device, Operations};

/// Ends what was shown, behind those who looked: without it the stack counts it as a packet that nobody takes. There is one.
pub struct Taps(());

impl Taps {
    /// Begins.
    #[expect(clippy::new_without_default, reason = "it is a registration")]
    pub fn new() -> Taps {
        // SAFETY: No preconditions.
        unsafe { bindings::rust_helper_taps_begin() };
        Taps(())
    }
}

impl Drop for Taps {
    fn drop(&mut self) {
        // SAFETY: `new` began it, and no device is left to show anything.
        unsafe { bindings::rust_helper_taps_end() }
    }
}

impl<T: Operations> Device<T> {
    /// Shows MAP frames that come or are `sent`, if anybody looks; costs a look else. In softirq context, or with softirqs off.
    pub fn show(&self, frames: &[u8], sent: bool) {
        // SAFETY: `self` is valid.
        if unsafe { bindings::rust_helper_netdev_is_tapped(self.as_raw()) } {
            // SAFETY: As above; the bytes are copied.
            unsafe {
                bindings::rust_helper_netdev_tap(
                    self.as_raw(),
                    frames.as_ptr().cast(),
                    frames.len(),
                    sent,
                )
            }
        }
    }
}
