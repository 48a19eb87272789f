//! What tells one version of a local file from the next.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::domain::file::VersionToken;

/// The version of the file at `path`, without following a symbolic link:
/// `device:inode:size:mtime_ns:ctime_ns`. All five, because each alone lies: inodes are reused, `cp -p` and
/// `rsync -t` keep modification times, an overwrite may keep the size. Only the change time cannot be set back.
///
/// # Errors
/// Those of `lstat`.
pub fn of(path: &Path) -> io::Result<VersionToken> {
    Ok(from_metadata(&std::fs::symlink_metadata(path)?))
}

/// As [`of`], from metadata already at hand.
pub fn from_metadata(metadata: &std::fs::Metadata) -> VersionToken {
    let nanoseconds = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    VersionToken(format!(
        "{}:{}:{}:{}:{}",
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    ))
}
