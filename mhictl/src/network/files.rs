// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
//! Files of a few lines, read within bounds and written whole or not at all. `dns` and `share` keep such ones, some of them in
//! a directory that may be another user's.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Largest file that is read, in octets.
const LARGEST: u64 = 64 * 1024;

/// What a file says.
pub fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other(format!(
            "{}: larger than {LARGEST} octets",
            path.display()
        )));
    }
    fs::read_to_string(path)
}

/// Puts a new file in the place of what is there, be it a link. It is everybody's to read, and its owner's to write to.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("mhictl.{}", std::process::id()));
    // What another process of this number has left, or somebody has put there.
    let _ = fs::remove_file(&temporary);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&temporary)?;
    // Whatever the umask is: the service's lets nobody else read.
    let written = file
        .set_permissions(Permissions::from_mode(0o644))
        .and_then(|()| file.write_all(text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::device::tests::Tree;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let tree = Tree::new();
        let (path, other) = (tree.path.join("a.lan"), tree.path.join("other"));
        fs::write(&other, "mine").unwrap();
        symlink(&other, &path).unwrap();
        let temporary = path.with_extension(format!("mhictl.{}", std::process::id()));
        symlink(&other, &temporary).unwrap();
        replace(&path, "text").unwrap();
        assert_eq!(read(&path).unwrap(), "text");
        assert_eq!(read(&other).unwrap(), "mine");
        assert!(!temporary.exists());
    }

    #[test]
    fn a_file_is_read_within_bounds() {
        let tree = Tree::new();
        let path = tree.path.join("long");
        for (more, fits) in [(0, true), (1, false)] {
            fs::write(&path, "x".repeat(usize::try_from(LARGEST).unwrap() + more)).unwrap();
            assert_eq!(read(&path).is_ok(), fits);
        }
    }
}
