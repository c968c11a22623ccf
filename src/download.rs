// SPDX-License-Identifier: GPL-2.0-only
//! Emergency download: somebody writes the modem's flash. Called by `recovery`, which leaves the modem alone meanwhile.

use crate::recovery::Recovery;

/// Looks after which a modem that waits for its flash programmer is offered it again.
const LOOKS: u32 = 60;

impl Recovery {
    /// It is in emergency download, and waits there for its flash programmer if `waits`: the MHI core gives it that, if there is such
    /// a file, when the host side is powered up. If there is none, it is tried again later.
    pub(crate) fn download(&mut self, waits: bool, powered: bool) {
        let looks = self.download.map_or(LOOKS, |looks| looks.saturating_add(1));
        self.download = Some(looks);
        if waits && looks >= LOOKS {
            if powered {
                self.power_down(true);
            }
            self.download = Some(0);
            self.power_up();
        }
    }
}
