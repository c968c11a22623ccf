// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Operators and their names.

use crate::Text8;

use super::{NamedPlmn, Plmn};

body! {
    /// Asks for an operator's name.
    GetPlmnName {
        /// Operator.
        plmn: must Plmn = 0x01,
    }
}
request!(GetPlmnName: NAS 0x0044 => PlmnName<'a>);

body! {
    /// An operator's name.
    PlmnName<'a> {
        /// Names.
        names: may OperatorNames<'a> = 0x10,
    }
}

value! {
    /// An operator's names.
    OperatorNames<'a> {
        /// Encoding of the provider's name: 0 8-bit, 1 UCS2.
        provider_encoding: u8,
        /// Provider's name.
        provider: Text8<'a>,
        /// Encoding of the short name.
        short_encoding: u8,
        /// Whether the country's initials are shown.
        short_initials: u8,
        /// Spare bits at the end of the short name.
        short_spare: u8,
        /// Short name.
        short: Text8<'a>,
        /// Encoding of the long name.
        long_encoding: u8,
        /// Whether the country's initials are shown.
        long_initials: u8,
        /// Spare bits at the end of the long name.
        long_spare: u8,
        /// Long name.
        long: Text8<'a>,
    }
}

body! {
    /// Asks for the home network.
    GetHomeNetwork {}
}
request!(GetHomeNetwork: NAS 0x0025 => HomeNetwork<'a>);

body! {
    /// The home network.
    HomeNetwork<'a> {
        /// Operator.
        plmn: must NamedPlmn<'a> = 0x01,
    }
}
