//! What the file system would do behind our back, refused: `object_store`'s local store hides names that end in `#` and
//! digits (its own unfinished writes), and follows symbolic links out of the lake.

use std::io;
use std::path::Path;

use object_store::path::Path as Name;

use super::Object;

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

/// Every object below `folder` of the lake in `root`. Links are not objects, nor is what is only being written.
pub(super) fn list(root: &Path, folder: &Name) -> io::Result<Vec<Object>> {
    let mut objects = Vec::new();
    let mut open = vec![(root.join(folder.as_ref()), folder.to_string())];
    while let Some((place, name)) = open.pop() {
        let entries = match std::fs::read_dir(&place) {
            // Emptied folders are removed while others are read.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let (Ok(about), Ok(own)) = (entry.metadata(), entry.file_name().into_string()) else { continue };
            let path = if name.is_empty() { own.clone() } else { format!("{name}/{own}") };
            if about.is_dir() {
                open.push((entry.path(), path));
            } else if about.is_file() && !own.contains('#') {
                let modified = about.modified().map(Into::into).unwrap_or_default();
                objects.push(Object { path, bytes: about.len(), modified });
            }
        }
    }
    Ok(objects)
}
