//! Listing a local landing folder.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::file::Listed;

use super::names::Names;
use super::token;

/// So many files are looked at before they are compared with the ledger.
const PAGE: usize = 1_000;

/// A look at a folder, page by page: its names are kept from the beginning, what is known of the files is not.
#[derive(Debug)]
pub struct Look {
    folder: PathBuf,
    all: bool,
    names: std::vec::IntoIter<String>,
    refused: Vec<(String, String)>,
}

impl Look {
    /// Begins a look at `folder` (not at folders in it) for the names that are to be taken.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn begin(folder: &Path, names: &Names) -> io::Result<Self> {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(folder)? {
            match entry?.file_name().into_string() {
                Ok(key) if names.take(&key) => taken.push(key),
                Ok(_) => {}
                Err(name) => refused.push((name.to_string_lossy().into_owned(), "its name is not UTF-8".into())),
            }
        }
        taken.sort_unstable();
        Ok(Self { folder: folder.to_owned(), all: names.take_all(), names: taken.into_iter(), refused })
    }

    /// The next regular files by name; none at the end.
    ///
    /// # Errors
    /// When a file that is there cannot be looked at, and which: what came before is not a whole listing.
    pub fn next_page(&mut self) -> io::Result<Option<Vec<Listed>>> {
        let names: Vec<String> = self.names.by_ref().take(PAGE).collect();
        if names.is_empty() {
            return Ok(None);
        }
        names.into_iter().filter_map(|name| self.listed(name).transpose()).collect::<io::Result<_>>().map(Some)
    }

    /// Entries so far that match but cannot be taken, with the reason: symbolic links, pipes, unreadable names.
    pub fn refused(mut self) -> Vec<(String, String)> {
        self.refused.sort();
        self.refused
    }

    fn listed(&mut self, key: String) -> io::Result<Option<Listed>> {
        let metadata = match std::fs::symlink_metadata(self.folder.join(&key)) {
            Ok(metadata) => metadata,
            // A file may vanish between the listing and the look at it; then it is simply not listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            // A file that is left out for any other reason would pass for one that has gone.
            Err(error) => return Err(io::Error::new(error.kind(), format!("{key}: {error}"))),
        };
        if metadata.is_dir() {
            // Folders beside the files are nobody's mistake unless they are called like one.
            if !self.all {
                self.refused.push((key, "it is a folder".into()));
            }
            return Ok(None);
        }
        if !metadata.is_file() {
            let what = if metadata.is_symlink() { "a symbolic link" } else { "not a regular file" };
            self.refused.push((key, format!("it is {what}")));
            return Ok(None);
        }
        let modified = metadata.modified().map(Into::into).unwrap_or_default();
        Ok(Some(Listed { key, bytes: metadata.len(), modified, token: token::from_metadata(&metadata) }))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Listed, Look, Names, PAGE};
    use crate::config::pipeline::TEMPORARY;

    type Refused = Vec<(String, String)>;

    fn list(folder: &Path, names: &Names) -> (Vec<Listed>, Refused) {
        let mut look = Look::begin(folder, names).unwrap();
        let files = std::iter::from_fn(|| look.next_page().unwrap()).flatten().collect();
        (files, look.refused())
    }

    #[test]
    fn a_large_folder_comes_in_pages_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for n in (0..PAGE + 7).rev() {
            std::fs::write(folder.path().join(format!("{n:06}.csv")), "x\n").unwrap();
        }
        let mut look = Look::begin(folder.path(), &names("*")).unwrap();
        let (first, second) = (look.next_page().unwrap().unwrap(), look.next_page().unwrap().unwrap());
        assert_eq!((first.len(), second.len(), look.next_page().unwrap()), (PAGE, 7, None));
        assert!(first.iter().chain(&second).map(|file| &file.key).is_sorted());
    }

    #[test]
    fn a_file_that_has_gone_is_left_out_and_one_that_cannot_be_looked_at_ends_the_look() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("landing");
        std::fs::create_dir(&folder).unwrap();
        for name in ["a.csv", "b.csv"] {
            std::fs::write(folder.join(name), "x\n").unwrap();
        }
        let mut look = Look::begin(&folder, &names("*")).unwrap();
        std::fs::remove_file(folder.join("a.csv")).unwrap();
        assert_eq!(look.next_page().unwrap().unwrap().len(), 1);
        // The folder is a link in a circle by the time the files are looked at: an error that root meets as well.
        let mut look = Look::begin(&folder, &names("*")).unwrap();
        std::fs::rename(&folder, place.path().join("moved")).unwrap();
        std::os::unix::fs::symlink(&folder, &folder).unwrap();
        let error = look.next_page().unwrap_err();
        assert!(error.to_string().starts_with("b.csv: "), "{error}");
    }

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
        let (files, found) = list(folder.path(), &names("*.csv"));
        let keys: Vec<_> = files.iter().map(|f| f.key.as_str()).collect();
        assert_eq!(keys, ["a.csv", "b.csv"]);
        let refused = [("e.csv", "it is a folder"), ("f.csv", "it is a symbolic link")];
        assert_eq!(found, refused.map(|(key, why)| (key.to_owned(), why.to_owned())));
        std::fs::remove_file(folder.path().join("f.csv")).unwrap();
        assert_eq!(list(folder.path(), &names("*")).1, []);
    }

    #[test]
    fn an_overwrite_of_the_same_size_is_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "1\n").unwrap();
        let first = list(folder.path(), &names("*")).0.remove(0);
        let other = folder.path().join("other");
        std::fs::write(&other, "2\n").unwrap();
        std::fs::rename(&other, &path).unwrap();
        let second = list(folder.path(), &names("*")).0.remove(0);
        assert_ne!(first.token, second.token);
    }
}
