// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! What the declaration of the command line needs of the program, for those who include it without the program.

/// `config::file`
pub mod file {
    /// Nothing came from a file.
    #[derive(Clone, Debug, Default)]
    pub struct Origin;
}
