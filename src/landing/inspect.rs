//! Opening a file that stands still: is it whole, and what is in it?

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::token;

/// What an inspection found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Whole: its BLAKE3 (lower-case hex) and the rule that decided.
    Whole {
        /// BLAKE3 of the content.
        hash: String,
        /// Which rule decided, in plain words.
        rule: String,
    },
    /// It does not end like a whole file: wait.
    Unfinished(String),
    /// It will not become usable: quarantine, with the reason.
    Unusable(String),
    /// It changed or went while it was read: look again.
    Moved,
}

/// Reads the file once: content hash and the structural end check of its format.
///
/// * CSV: the last byte is a newline. When `overdue`, a last line with as many separators as the first is accepted.
/// * gzip: the stream decodes to its trailer.
/// * Parquet: the magic `PAR1` at both ends.
///
/// `expected` is the version token of the ledger; a file that is another version before or after reading is `Moved`.
pub fn inspect(path: &Path, expected: &str, delimiter: Option<char>, overdue: bool) -> Found {
    match read(path, expected, delimiter, overdue) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Moved,
        Err(error) => Found::Unusable(format!("cannot be read: {error}")),
    }
}

fn read(path: &Path, expected: &str, delimiter: Option<char>, overdue: bool) -> io::Result<Found> {
    if token::of(path)?.0 != expected {
        return Ok(Found::Moved);
    }
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut file)?;
    let end = whole_end(&mut file, delimiter)?;
    if token::of(path)?.0 != expected {
        return Ok(Found::Moved);
    }
    let whole = |rule: &str| Found::Whole { hash: hasher.finalize().to_hex().to_string(), rule: rule.into() };
    Ok(match end {
        End::Whole(rule) => whole(rule),
        End::NoNewline { ragged: false } if overdue => whole("unchanged, and its last line has all fields"),
        End::NoNewline { ragged } if overdue => {
            let what = if ragged { "its last line is cut off" } else { "it does not end with a newline" };
            Found::Unusable(format!("{what}: upstream did not finish it; send it again"))
        }
        End::NoNewline { .. } => Found::Unfinished("its last line has no end yet".into()),
        End::Cut(what) if overdue => Found::Unusable(format!("{what}: upstream did not finish it; send it again")),
        End::Cut(what) => Found::Unfinished(what.into()),
    })
}

enum End {
    Whole(&'static str),
    NoNewline { ragged: bool },
    Cut(&'static str),
}

fn whole_end(file: &mut File, delimiter: Option<char>) -> io::Result<End> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut head = [0_u8; 4];
    file.seek(SeekFrom::Start(0))?;
    let got = file.read(&mut head)?;
    if head.starts_with(&[0x1f, 0x8b]) && got >= 2 {
        file.seek(SeekFrom::Start(0))?;
        let mut decoder = flate2::read::MultiGzDecoder::new(io::BufReader::new(file));
        return Ok(match io::copy(&mut decoder, &mut io::sink()) {
            Ok(_) => End::Whole("unchanged, and the gzip stream is whole"),
            Err(_) => End::Cut("its gzip stream is cut off or damaged"),
        });
    }
    let Some(delimiter) = delimiter else {
        let mut tail = [0_u8; 4];
        if length >= 12 {
            file.seek(SeekFrom::End(-4))?;
            file.read_exact(&mut tail)?;
        }
        let whole = &head == b"PAR1" && &tail == b"PAR1";
        return Ok(if whole {
            End::Whole("unchanged, and the Parquet footer is there")
        } else {
            End::Cut("its Parquet footer is missing")
        });
    };
    if length == 0 {
        // Empty is complete; that it is of no use is said by the clean stage.
        return Ok(End::Whole("unchanged"));
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8; 1];
    file.read_exact(&mut last)?;
    if last[0] == b'\n' || last[0] == b'\r' {
        return Ok(End::Whole("unchanged, and its last line is whole"));
    }
    Ok(End::NoNewline { ragged: fields_of_last_line(file, length, delimiter)? })
}

/// Whether the last line has fewer separators than the first (quoted fields are not looked into: a hint, no parse).
fn fields_of_last_line(file: &mut File, length: u64, delimiter: char) -> io::Result<bool> {
    const WINDOW: u64 = 64 * 1024;
    let count = |line: &[u8]| String::from_utf8_lossy(line).matches(delimiter).count();
    let mut buffer = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(WINDOW).read_to_end(&mut buffer)?;
    let first = count(buffer.split(|b| *b == b'\n').next().unwrap_or_default());
    buffer.clear();
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW)))?;
    file.take(WINDOW).read_to_end(&mut buffer)?;
    let last = count(buffer.rsplit(|b| *b == b'\n').next().unwrap_or_default());
    Ok(last < first)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::{Found, inspect, token};

    fn look(path: &Path, delimiter: Option<char>, overdue: bool) -> Found {
        inspect(path, &token::of(path).unwrap().0, delimiter, overdue)
    }

    #[test]
    fn a_csv_is_whole_when_its_last_line_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        assert!(matches!(look(&path, Some(','), false), Found::Whole { .. }));
        std::fs::write(&path, "a,b\n1,2\n3").unwrap();
        assert!(matches!(look(&path, Some(','), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, Some(','), true), Found::Unusable(reason) if reason.contains("cut off")));
        std::fs::write(&path, "a,b\n1,2\n3,4").unwrap();
        assert!(matches!(look(&path, Some(','), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, Some(','), true), Found::Whole { .. }));
    }

    #[test]
    fn a_gzip_is_whole_when_it_decodes_to_its_trailer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv.gz");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'x'; 10_000]).unwrap();
        let bytes = encoder.finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(look(&path, Some(','), false), Found::Whole { .. }));
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert!(matches!(look(&path, Some(','), false), Found::Unfinished(_)));
        assert!(matches!(look(&path, Some(','), true), Found::Unusable(_)));
    }

    #[test]
    fn another_version_than_the_ledgers_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a\n").unwrap();
        assert_eq!(inspect(&path, "0:0:0:0:0", Some(','), false), Found::Moved);
        assert_eq!(inspect(&folder.path().join("gone"), "0:0:0:0:0", Some(','), false), Found::Moved);
    }
}
