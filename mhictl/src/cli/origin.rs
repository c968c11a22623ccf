// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Which of a command line's options stood in a configuration file. `config::file` fills it, and names the file where such an option is wrong.

use std::ffi::OsString;
use std::path::PathBuf;

/// What came from a file, to name it when a value turns out to be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key with its value in words of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// As an option is called, without the dashes.
    pub name: String,
    /// The session in whose table it stands.
    pub session: Option<String>,
    /// The option with its value.
    pub word: OsString,
}
