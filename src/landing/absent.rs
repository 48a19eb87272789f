//! Why a name that the ledger does not know was never taken.

use std::path::Path;

use super::names::Names;
use crate::config::Landing;

/// The rule that keeps the file called `name` out of the ledger, as a clause; none when nothing of that name is there
/// (a landing in an object store is not asked, only the rules for names).
pub fn why(landing: &Landing, name: &str) -> Option<String> {
    let left = Names::of(landing).ok()?.leave(name).map(|left| left.to_string());
    if landing.is_remote() {
        return left;
    }
    // A name with a folder in it could lead anywhere.
    let plain = Path::new(name).file_name().is_some_and(|last| last == name);
    let found = plain.then(|| std::fs::symlink_metadata(landing.path.join(name)).ok()).flatten()?;
    let kind = match found.file_type() {
        kind if kind.is_symlink() => "it is a symbolic link, which is never followed",
        kind if kind.is_dir() => "it is a folder, and folders are not looked into",
        kind if !kind.is_file() => "it is not a regular file",
        _ => {
            return Some(
                left.unwrap_or_else(|| "it lies in the landing, and was not there at the last look".to_owned()),
            );
        }
    };
    Some(kind.to_owned())
}
