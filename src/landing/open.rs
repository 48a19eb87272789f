//! Opening exactly the version of a local file that the ledger knows.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use super::token;

/// Opens the file at `path` if it is still the version `expected`; `None` when it is another. A symbolic link is never
/// followed and a pipe never waited for, also when one took the file's place a moment ago.
///
/// # Errors
/// Those of `open`: `NotFound` when it has gone.
pub fn open(path: &Path, expected: &str) -> io::Result<Option<File>> {
    if token::of(path)?.0 != expected {
        return Ok(None);
    }
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    let found = token::from_metadata(&file.metadata()?);
    Ok((found.0 == expected).then_some(file))
}
