//! Micro-batches on disk: written whole before the ledger hears of them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::domain::Instant;
use crate::domain::file::Listed;
use crate::landing::token;

/// What is being written is called this, and is nobody's file.
const UNFINISHED: &str = ".unfinished";

/// The name of a micro-batch: `rides.3.120-179.ndjson`.
pub fn name(stream: &str, partition: &str, range: &str, end: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = format!("{stream}.{partition}.{range}.{end}").chars().map(plain).collect();
    // A name that begins with a point is one of a file that is still being written.
    if name.starts_with('.') { format!("_{name}") } else { name }
}

/// Writes a micro-batch to `folder` under its final name, so that it survives a power cut; answers it as a listing of the
/// folder would, and the BLAKE3 of its content (lower-case hex).
///
/// # Errors
/// The disk's.
pub fn write(folder: &Path, name: &str, lines: &[u8], newest: Instant) -> io::Result<(Listed, String)> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(UNFINISHED);
    let mut file = File::create(&unfinished)?;
    file.write_all(lines)?;
    file.sync_all()?;
    let path = folder.join(name);
    std::fs::rename(unfinished, &path)?;
    File::open(folder)?.sync_all()?;
    let (key, bytes) = (name.to_owned(), lines.len() as u64);
    let listed = Listed { key, bytes, modified: newest, token: token::of(&path)? };
    Ok((listed, blake3::hash(lines).to_hex().to_string()))
}

/// Names of the files in the folder, but for what is being written; none where there is no folder yet.
///
/// # Errors
/// When the folder cannot be read.
pub fn names(folder: &Path) -> io::Result<HashSet<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
        other => other?,
    };
    let mut names = HashSet::new();
    for entry in entries {
        let name = entry?.file_name();
        names.extend(name.to_str().filter(|name| *name != UNFINISHED).map(str::to_owned));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::{name, names, write};
    use crate::landing::token;

    #[test]
    fn a_batch_is_there_as_it_is_listed_and_a_hostile_name_stays_in_its_folder() {
        assert_eq!(name("rides", "3", "120-179", "ndjson"), "rides.3.120-179.ndjson");
        assert_eq!(name("../x\n", "0", "1-2", "csv"), "_.._x_.0.1-2.csv");
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        assert!(names(&spool).unwrap().is_empty());
        let (listed, hash) = write(&spool, "a.0.1-1.ndjson", b"{}\n", Utc::now()).unwrap();
        assert_eq!((listed.token, listed.bytes), (token::of(&spool.join("a.0.1-1.ndjson")).unwrap(), 3));
        assert_eq!(hash, blake3::hash(b"{}\n").to_hex().to_string());
        std::fs::write(spool.join(".unfinished"), "half").unwrap();
        assert_eq!(names(&spool).unwrap(), ["a.0.1-1.ndjson".to_owned()].into());
    }
}
