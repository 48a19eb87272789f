//! Does a file end like a whole one of its form? What can be told from its first and last bytes, and of packed files
//! from unpacking them into nothing.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use crate::domain::form::{Budget, CsvForm, FileFormat};

/// How a file ends.
pub(super) enum End {
    /// Like a whole one: which rule says so.
    Whole(&'static str),
    /// Its last line has no end; `ragged` when it has fewer separators than the first.
    NoNewline { ragged: bool },
    /// Cut off: what is missing.
    Cut(&'static str),
    /// It unpacks to more than the budget has.
    TooMuch(String),
}

/// Looks at the ends of a file that is taken for a `format`.
pub(super) fn of(file: &mut File, format: &FileFormat, budget: Budget) -> io::Result<End> {
    let length = file.seek(SeekFrom::End(0))?;
    let head = window(file, 0, 64 * 1024)?;
    let tail = window(file, length.saturating_sub(64 * 1024 + 22), 64 * 1024 + 22)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => {
            let cut = "its gzip stream is cut off or damaged";
            unpacked(MultiGzDecoder::new(BufReader::new(file)), length, budget, "and the gzip stream is whole", cut)
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let cut = "its zstd stream is cut off or damaged";
            unpacked(zstd::Decoder::new(file)?, length, budget, "and the zstd stream is whole", cut)
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            let whole = tail.windows(4).any(|four| four == b"PK\x05\x06");
            if whole { End::Whole("and the zip directory is there") } else { End::Cut("its zip directory is missing") }
        }
        head => plain(head, &tail, length, format),
    })
}

fn plain(head: &[u8], tail: &[u8], length: u64, format: &FileFormat) -> End {
    if length == 0 {
        // Empty is complete; that it is of no use is said by the clean stage.
        return End::Whole("");
    }
    let guessed = match format {
        FileFormat::Auto(form) => guess(head, form),
        format => format.clone(),
    };
    match guessed {
        FileFormat::Parquet if length >= 12 && head.starts_with(b"PAR1") && has_footer(tail, length) => {
            End::Whole("and the Parquet footer is there")
        }
        FileFormat::Parquet => End::Cut("its Parquet footer is missing"),
        FileFormat::Arrow if length >= 12 && head.starts_with(b"ARROW1") && tail.ends_with(b"ARROW1") => {
            End::Whole("and the Arrow footer is there")
        }
        FileFormat::Arrow => End::Cut("its Arrow footer is missing"),
        // Every block ends with the marker that ends the header too.
        FileFormat::Avro if head.starts_with(b"Obj\x01") && tail.len() > 16 && ends_with_marker(head, tail) => {
            End::Whole("and its last Avro block is whole")
        }
        FileFormat::Avro => End::Cut("its last Avro block is cut off"),
        FileFormat::Json => json(head, tail),
        FileFormat::Csv(form) | FileFormat::Auto(form) => separated(head, tail, &form),
    }
}

fn guess(head: &[u8], form: &CsvForm) -> FileFormat {
    match head {
        [b'P', b'A', b'R', b'1', ..] => FileFormat::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => FileFormat::Arrow,
        [b'O', b'b', b'j', 1, ..] => FileFormat::Avro,
        head if matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) => FileFormat::Json,
        _ => FileFormat::Csv(form.clone()),
    }
}

/// The footer's length stands before the last four bytes and must fit into the file.
fn has_footer(tail: &[u8], length: u64) -> bool {
    let Some([a, b, c, d, b'P', b'A', b'R', b'1']) = tail.last_chunk::<8>() else { return false };
    u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 12 <= length
}

fn ends_with_marker(head: &[u8], tail: &[u8]) -> bool {
    let marker = &tail[tail.len() - 16..];
    // Where the file is shorter than the window, the marker at its own end does not count.
    let header = if head.len() == tail.len() { &head[..head.len() - 16] } else { head };
    header.windows(16).any(|sixteen| sixteen == marker)
}

fn json(head: &[u8], tail: &[u8]) -> End {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let last = tail.trim_ascii_end();
    match head.trim_ascii_start().first() {
        Some(b'[') if last.ends_with(b"]") => End::Whole("and its bracket is closed"),
        Some(b'[') => End::Cut("its bracket is not closed"),
        _ if last.len() < tail.len() => End::Whole("and its last line is whole"),
        _ => End::NoNewline { ragged: !last.ends_with(b"}") },
    }
}

fn separated(head: &[u8], tail: &[u8], form: &CsvForm) -> End {
    let wide = head.starts_with(b"\xff\xfe")
        || head.starts_with(b"\xfe\xff")
        || form.encoding.as_deref().is_some_and(|name| name.starts_with("utf-16"));
    let end = if wide { &tail[tail.len().saturating_sub(2)..] } else { &tail[tail.len() - 1..] };
    if end.contains(&b'\n') || end.contains(&b'\r') {
        return End::Whole("and its last line is whole");
    }
    End::NoNewline { ragged: wide || fields_of_last_line(head, tail, form.delimiter) }
}

/// Whether the last line has fewer separators than the first (quoted fields are not looked into: a hint, no parse).
fn fields_of_last_line(head: &[u8], tail: &[u8], delimiter: char) -> bool {
    let count = |line: &[u8]| String::from_utf8_lossy(line).matches(delimiter).count();
    let first = count(head.split(|b| *b == b'\n').next().unwrap_or_default());
    count(tail.rsplit(|b| *b == b'\n').next().unwrap_or_default()) < first
}

fn window(file: &mut File, from: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unpacked(mut reader: impl Read, packed: u64, budget: Budget, whole: &'static str, cut: &'static str) -> End {
    let (mut buffer, mut total) = (vec![0_u8; 128 * 1024], 0_u64);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return End::Whole(whole),
            Ok(read) => total += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return End::Cut(cut),
        }
        if let Some(reason) = budget.refuses(total, packed) {
            return End::TooMuch(reason);
        }
    }
}
