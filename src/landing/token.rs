//! What tells one version of a file from the next.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::domain::file::VersionToken;

/// The version of the file at `path`: `dev:inode:size:mtime_ns:ctime_ns`.
///
/// None of the fields would do alone: a rewrite keeps the inode, a replacement may keep size and modification time,
/// and a tool that restores the modification time cannot restore the change time.
///
/// # Errors
/// What the system says when the file is not there or may not be looked at.
pub fn of(path: &Path) -> io::Result<VersionToken> {
    let meta = std::fs::metadata(path)?;
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    Ok(VersionToken(format!(
        "{}:{}:{}:{}:{}",
        meta.dev(),
        meta.ino(),
        meta.size(),
        nanoseconds(meta.mtime(), meta.mtime_nsec()),
        nanoseconds(meta.ctime(), meta.ctime_nsec()),
    )))
}
