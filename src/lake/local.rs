//! What the file system would do behind our back, refused: `object_store`'s local store hides names that end in `#` and
//! digits (its own unfinished writes), and follows symbolic links out of the lake.

use std::path::Path;

/// Whether `path` (relative to the lake in `folder`) may be used: it holds no `#`, and no part of it that exists is a
/// symbolic link.
///
/// # Errors
/// Why not.
pub(super) fn checked(folder: &Path, path: &str) -> Result<(), String> {
    if path.contains('#') {
        return Err("a name in the lake cannot hold `#`".to_owned());
    }
    let mut place = folder.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        place.push(part);
        match std::fs::symlink_metadata(&place) {
            Ok(found) if found.is_symlink() => {
                return Err(format!("{} is a symbolic link, and the lake follows none", place.display()));
            }
            Ok(_) => {}
            // What is not there yet leads nowhere.
            Err(_) => break,
        }
    }
    Ok(())
}
