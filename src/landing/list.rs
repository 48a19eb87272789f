//! Listing a local landing folder.

use std::io;
use std::path::Path;

use crate::domain::file::Listed;

use super::names::Names;
use super::token;

/// What a look at the landing found.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files that match, by name.
    pub files: Vec<Listed>,
    /// Entries that match but cannot be taken, with the reason: symbolic links, pipes, unreadable names.
    pub refused: Vec<(String, String)>,
}

/// Lists regular files of `folder` (not of folders in it) whose names are to be taken.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path, names: &Names) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(key) = name.to_str() else {
            listing.refused.push((name.to_string_lossy().into_owned(), "its name is not UTF-8".into()));
            continue;
        };
        if !names.take(key) {
            continue;
        }
        // A file may vanish between the listing and the look at it; then it is simply not listed.
        let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { continue };
        if metadata.is_dir() {
            // Folders beside the files are nobody's mistake unless they are called like one.
            if !names.take_all() {
                listing.refused.push((key.to_owned(), "it is a folder".into()));
            }
            continue;
        }
        if !metadata.is_file() {
            let what = if metadata.is_symlink() { "a symbolic link" } else { "not a regular file" };
            listing.refused.push((key.to_owned(), format!("it is {what}")));
            continue;
        }
        listing.files.push(Listed {
            key: key.to_owned(),
            bytes: metadata.len(),
            modified: metadata.modified().map(Into::into).unwrap_or_default(),
            token: token::from_metadata(&metadata),
        });
    }
    listing.files.sort_by(|a, b| a.key.cmp(&b.key));
    listing.refused.sort();
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::{Names, list};
    use crate::config::pipeline::TEMPORARY;

    fn names(pattern: &str) -> Names {
        Names::new(pattern, &TEMPORARY, None).unwrap()
    }

    #[test]
    fn takes_matching_regular_files_and_says_what_it_refuses() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", ".hidden.csv", "c.csv.part", "d.txt"] {
            std::fs::write(folder.path().join(name), "x\n").unwrap();
        }
        std::fs::create_dir(folder.path().join("e.csv")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("f.csv")).unwrap();
        let listing = list(folder.path(), &names("*.csv")).unwrap();
        let keys: Vec<_> = listing.files.iter().map(|f| f.key.as_str()).collect();
        assert_eq!(keys, ["a.csv", "b.csv"]);
        let refused = [("e.csv", "it is a folder"), ("f.csv", "it is a symbolic link")];
        assert_eq!(listing.refused, refused.map(|(key, why)| (key.to_owned(), why.to_owned())));
        std::fs::remove_file(folder.path().join("f.csv")).unwrap();
        assert_eq!(list(folder.path(), &names("*")).unwrap().refused, []);
    }

    #[test]
    fn an_overwrite_of_the_same_size_is_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "1\n").unwrap();
        let first = list(folder.path(), &names("*")).unwrap().files.remove(0);
        let other = folder.path().join("other");
        std::fs::write(&other, "2\n").unwrap();
        std::fs::rename(&other, &path).unwrap();
        let second = list(folder.path(), &names("*")).unwrap().files.remove(0);
        assert_ne!(first.token, second.token);
    }
}
