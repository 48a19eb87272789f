//! Opening a file that stands still: is it whole, and what is in it?

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ending::{self, End};
use super::marker::{self, Promise};
use super::names::marker_of;
use super::open::open;
use super::token;
use crate::domain::form::{Budget, FileFormat};
use crate::domain::text::one_line;

/// What an inspection found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Whole: its BLAKE3 (lower-case hex) and the rule that decided.
    Whole {
        /// BLAKE3 of the content.
        hash: String,
        /// Which rule decided, in plain words.
        rule: String,
        /// Rows that its manifest promises.
        promised: Option<u64>,
    },
    /// It does not end like a whole file: wait.
    Unfinished(String),
    /// It will not become usable: quarantine, with the reason.
    Unusable(String),
    /// It changed or went while it was read: look again.
    Moved,
}

/// What is known of a file before it is opened.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The ledger's version token; a file that is another version before or after reading is `Moved`.
    pub token: &'a str,
    /// The form it should have.
    pub format: &'a FileFormat,
    /// How much of it may be unpacked.
    pub budget: Budget,
    /// Template of the name of the marker that it must have, if one is asked for.
    pub marker: Option<&'a str>,
    /// Why it is opened.
    pub standing: Standing,
}

/// Why a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It stood still for the settling time.
    Still,
    /// It came to its name by a rename, or as an object: whole or not at all.
    Moved,
    /// It has not settled within the longest time that is granted: what is not whole now never will be.
    Overdue,
}

/// Reads the file once: content hash and the structural end check of its form.
///
/// * Separated values, JSON lines: the last byte is a newline. When overdue, a last line with as many separators as
///   the first (that closes its brace) is accepted.
/// * JSON arrays: the bracket is closed. gzip, zstd: the stream decodes to its end. zip: the directory is there.
/// * Parquet, Arrow: the magic number at both ends. Avro: it ends with a whole block.
pub fn inspect(path: &Path, expected: &Expected<'_>) -> Found {
    match read(path, expected) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Moved,
        // What the system refuses may be mended: a disk, a mount, a right.
        Err(error) if error.raw_os_error().is_some() && expected.standing != Standing::Overdue => {
            Found::Unfinished(format!("cannot be read now: {error}"))
        }
        Err(error) => Found::Unusable(format!("cannot be read: {error}")),
    }
}

fn read(path: &Path, expected: &Expected<'_>) -> io::Result<Found> {
    let Some(mut file) = open(path, expected.token)? else { return Ok(Found::Moved) };
    let Some(template) = expected.marker else { return by_its_end(path, &mut file, expected) };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let marker = marker_of(template, name);
    match marker::read(&path.with_file_name(&marker), marker::change_time(&file.metadata()?))? {
        Some(said) => {
            let found = by_its_marker(&mut file, name, &marker, &said)?;
            Ok(match found {
                _ if token::of(path)?.0 != expected.token => Found::Moved,
                // What it says may still be put right, as may the file.
                Found::Unusable(what) if expected.standing != Standing::Overdue => Found::Unfinished(what),
                found => found,
            })
        }
        None if expected.standing == Standing::Overdue => Ok(Found::Unusable(never_came(&marker))),
        None => Ok(Found::Unfinished(not_there(&marker))),
    }
}

/// Why a file waits.
pub fn not_there(marker: &str) -> String {
    format!("its marker {} is not there yet", one_line(marker))
}

/// Why a file waits no longer.
pub fn never_came(marker: &str) -> String {
    format!("its marker {} never came: write it, then retry the file", one_line(marker))
}

/// The marker decides: what it says of the file called `name` must be true.
///
/// # Errors
/// When the file cannot be read.
pub fn by_its_marker(file: &mut File, name: &str, marker: &str, said: &str) -> io::Result<Found> {
    let marker = one_line(marker);
    let promise = match Promise::parse(said, name) {
        Ok(promise) => promise,
        Err(why) => return Ok(Found::Unusable(format!("its marker {marker} {}: send it again", one_line(&why)))),
    };
    let (mut hasher, mut sha) = (blake3::Hasher::new(), Sha256::new());
    let (mut buffer, mut bytes) = (vec![0_u8; 128 * 1024], 0_u64);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        hasher.update(&buffer[..read]);
        if promise.sha256.is_some() {
            sha.update(&buffer[..read]);
        }
    }
    let found: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let broken = match &promise {
        Promise { bytes: Some(promised), .. } if *promised != bytes => {
            Some(format!("{marker} promises {promised} bytes and it has {bytes}"))
        }
        Promise { sha256: Some(promised), .. } if *promised != found => {
            Some(format!("its SHA-256 is not the one in {marker}"))
        }
        _ => None,
    };
    let hash = hasher.finalize().to_hex().to_string();
    Ok(match broken {
        Some(what) => Found::Unusable(format!("{what}: send it again")),
        None => {
            let verified = [("size", promise.bytes.is_some()), ("SHA-256", promise.sha256.is_some())];
            let verified: Vec<&str> = verified.iter().filter(|(_, is)| *is).map(|(what, _)| *what).collect();
            let right = if verified.is_empty() {
                String::new()
            } else {
                format!(", with the promised {}", verified.join(" and "))
            };
            Found::Whole { hash, rule: format!("its marker {marker} is there{right}"), promised: promise.rows }
        }
    })
}

fn by_its_end(path: &Path, file: &mut File, expected: &Expected<'_>) -> io::Result<Found> {
    let overdue = expected.standing == Standing::Overdue;
    let stood = if expected.standing == Standing::Moved { "renamed into place" } else { "unchanged" };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut *file)?;
    let end = ending::of(file, expected.format, expected.budget)?;
    if token::of(path)?.0 != expected.token {
        return Ok(Found::Moved);
    }
    let whole = |rule: &str| {
        let rule = if rule.is_empty() { stood.to_owned() } else { format!("{stood}, {rule}") };
        Found::Whole { hash: hasher.finalize().to_hex().to_string(), rule, promised: None }
    };
    Ok(match end {
        End::Whole(rule) => whole(rule),
        End::NoNewline { ragged: false } if overdue => whole("and its last line has all fields"),
        End::NoNewline { ragged } if overdue => {
            let what = if ragged { "its last line is cut off" } else { "it does not end with a newline" };
            Found::Unusable(format!("{what}: upstream did not finish it; send it again"))
        }
        End::NoNewline { .. } => Found::Unfinished("its last line has no end yet".into()),
        End::Cut(what) if overdue => Found::Unusable(format!("{what}: upstream did not finish it; send it again")),
        End::Cut(what) => Found::Unfinished(what.into()),
        End::TooMuch(reason) => Found::Unusable(reason),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::{Expected, Found, Standing, inspect, token};
    use crate::domain::form::{Budget, CsvForm, FileFormat};

    fn expected<'a>(token: &'a str, format: &'a FileFormat, overdue: bool) -> Expected<'a> {
        let standing = if overdue { Standing::Overdue } else { Standing::Still };
        Expected { token, format, budget: Budget::default(), marker: None, standing }
    }

    fn csv() -> FileFormat {
        FileFormat::Csv(CsvForm::default())
    }

    fn look(path: &Path, format: &FileFormat, overdue: bool) -> Found {
        inspect(path, &expected(&token::of(path).unwrap().0, format, overdue))
    }

    fn landed(bytes: &[u8], format: &FileFormat) -> Found {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        look(&path, format, false)
    }

    #[test]
    fn each_form_has_its_own_end() {
        let auto = FileFormat::Auto(CsvForm::default());
        let utf16 = FileFormat::Csv(CsvForm { encoding: Some("utf-16le".into()), ..CsvForm::default() });
        let zstd = zstd::encode_all(&b"a,b\n1,2"[..], 1).unwrap();
        let avro = [b"Obj\x01".as_slice(), &[7; 3], &[9; 16], &[1, 2, 3], &[9; 16]].concat();
        let whole: [(&[u8], &FileFormat, &str); 9] = [
            (b"[{\"a\": 1}]\n", &FileFormat::Json, "unchanged, and its bracket is closed"),
            (b"{\"a\": 1}\n", &auto, "unchanged, and its last line is whole"),
            (b"a\0,\0b\0\n\0", &utf16, "unchanged, and its last line is whole"),
            (&zstd, &csv(), "unchanged, and the zstd stream is whole"),
            (b"PK\x03\x04...PK\x05\x06......", &auto, "unchanged, and the zip directory is there"),
            (b"PAR1....\x04\0\0\0PAR1", &FileFormat::Parquet, "unchanged, and the Parquet footer is there"),
            (b"ARROW1......ARROW1", &auto, "unchanged, and the Arrow footer is there"),
            (&avro, &auto, "unchanged, and its last Avro block is whole"),
            (b"", &csv(), "unchanged"),
        ];
        for (bytes, format, said) in whole {
            assert!(matches!(landed(bytes, format), Found::Whole { rule, .. } if rule == said), "{said}");
        }
        let cut: [(&[u8], &FileFormat); 8] = [
            (b"[{\"a\": 1}", &FileFormat::Json),
            (b"{\"a\": 1}\n{\"a\"", &auto),
            (b"a\0,\0b\0\n\0c\0", &utf16),
            (&zstd[..zstd.len() - 3], &csv()),
            (b"PK\x03\x04.............", &auto),
            (b"PAR1....\x40\0\0\0PAR1", &FileFormat::Parquet),
            (b"ARROW1............", &auto),
            (&avro[..avro.len() - 1], &auto),
        ];
        for (bytes, format) in cut {
            assert!(matches!(landed(bytes, format), Found::Unfinished(_)), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_that_was_renamed_into_place_says_so_and_has_to_be_whole_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (path, format) = (folder.path().join("a.csv"), csv());
        let look = || {
            let token = token::of(&path).unwrap().0;
            inspect(&path, &Expected { standing: Standing::Moved, ..expected(&token, &format, false) })
        };
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        let said = "renamed into place, and its last line is whole";
        assert!(matches!(look(), Found::Whole { rule, .. } if rule == said));
        std::fs::write(&path, "a,b\n1,2").unwrap();
        assert!(matches!(look(), Found::Unfinished(_)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_read_now_waits_until_it_has_waited_long_enough() {
        // Nothing is mapped at its beginning: reading there is an input/output error.
        let (path, format) = (Path::new("/proc/self/mem"), csv());
        let token = token::of(path).unwrap().0;
        let look = |overdue| inspect(path, &expected(&token, &format, overdue));
        assert!(matches!(look(false), Found::Unfinished(why) if why.starts_with("cannot be read now: Input/output")));
        assert!(matches!(look(true), Found::Unusable(why) if why.starts_with("cannot be read: Input/output")));
    }

    #[test]
    fn a_marker_decides_alone_and_what_it_promises_must_be_true() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let format = csv();
        let look = |overdue| {
            let token = token::of(&path).unwrap().0;
            inspect(&path, &Expected { marker: Some("{name}.done"), ..expected(&token, &format, overdue) })
        };
        let mark = |text: &str| std::fs::write(folder.path().join("a.csv.done"), text).unwrap();
        mark("");
        // A marker from before the file was written is about an earlier version: change times tell, once they differ.
        let past = token::of(&folder.path().join("a.csv.done")).unwrap();
        while token::of(&path).map_or(true, |token| token.0.rsplit(':').next() <= past.0.rsplit(':').next()) {
            std::fs::write(&path, "a,b\n1,2").unwrap();
        }
        assert_eq!(look(false), Found::Unfinished("its marker a.csv.done is not there yet".into()));
        assert!(matches!(look(true), Found::Unusable(reason) if reason.contains("never came")));
        mark("");
        assert!(matches!(look(false), Found::Whole { rule, .. } if rule == "its marker a.csv.done is there"));
        mark("bytes: 8\nrows: 1\n");
        assert_eq!(look(false), Found::Unfinished("a.csv.done promises 8 bytes and it has 7: send it again".into()));
        mark(&format!("{}  a.csv\n", "0".repeat(64)));
        assert!(matches!(look(true), Found::Unusable(what) if what.starts_with("its SHA-256 is not the one in")));
        let sha: String = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(b"a,b\n1,2"))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        mark(&format!("size = 7\nrows = 1\nsha256: {sha}\n"));
        let said = "its marker a.csv.done is there, with the promised size and SHA-256";
        assert!(matches!(look(false), Found::Whole { rule, promised: Some(1), .. } if rule == said));
    }

    #[test]
    fn a_bomb_is_not_unpacked_to_its_end() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b'x'; 2_000_000]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.csv.gz");
        std::fs::write(&path, encoder.finish().unwrap()).unwrap();
        let (token, format) = (token::of(&path).unwrap().0, csv());
        let budget = Budget { unpacked: 1_000_000, ..Budget::default() };
        let found = inspect(&path, &Expected { budget, ..expected(&token, &format, false) });
        assert!(matches!(found, Found::Unusable(reason) if reason.contains("1.0 MB that a file may unpack to")));
    }

    #[test]
    fn a_csv_is_whole_when_its_last_line_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        assert!(matches!(look(&path, &csv(), false), Found::Whole { .. }));
        std::fs::write(&path, "a,b\n1,2\n3").unwrap();
        assert!(matches!(look(&path, &csv(), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, &csv(), true), Found::Unusable(reason) if reason.contains("cut off")));
        std::fs::write(&path, "a,b\n1,2\n3,4").unwrap();
        assert!(matches!(look(&path, &csv(), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, &csv(), true), Found::Whole { .. }));
    }

    #[test]
    fn a_gzip_is_whole_when_it_decodes_to_its_trailer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.gz");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'x'; 10_000]).unwrap();
        let bytes = encoder.finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(look(&path, &csv(), false), Found::Whole { .. }));
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(matches!(look(&path, &csv(), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, &csv(), true), Found::Unusable(_)));
    }

    #[test]
    fn another_version_than_the_ledgers_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a\n").unwrap();
        assert_eq!(inspect(&path, &expected("0:0:0:0:0", &csv(), false)), Found::Moved);
        assert_eq!(inspect(&folder.path().join("gone"), &expected("0:0:0:0:0", &csv(), false)), Found::Moved);
    }
}
