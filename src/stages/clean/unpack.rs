//! From the bytes of a file to the bytes of its members: gzip, zstd and zip by magic number, anything else as it is;
//! within the budget, whatever the file claims.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, SeekFrom};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::source::{Content, Refusal, quarantine, unreadable};
use crate::domain::plan::Budget;

/// Most members of a zip archive.
const MOST_MEMBERS: usize = 10_000;
const BUFFER: usize = 256 * 1024;

/// What a person reads of an error, carried through readers that know only [`io::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Sentence(pub String);

/// Calls `each` with every member that holds something: its name, if it has one, and its bytes.
pub(super) fn members(
    content: &mut dyn Content,
    budget: Budget,
    mut each: impl FnMut(Option<&str>, &mut dyn BufRead) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let (packed, magic) = begin(content).map_err(|error| unreadable(&error))?;
    if packed == 0 {
        return quarantine("the file is empty (0 bytes)");
    }
    let unpacked = Cell::new(0);
    let mut one = |name: Option<&str>, form: &'static str, reader: &mut dyn Read| {
        let metered = Metered { reader, form, packed, unpacked: &unpacked, budget };
        let mut reader = BufReader::with_capacity(BUFFER, metered);
        if reader.fill_buf().map_err(|error| unreadable(&error))?.is_empty() {
            return Ok(());
        }
        each(name, &mut reader)
    };
    let form = match magic {
        [0x1f, 0x8b, ..] => {
            one(None, "gzip", &mut MultiGzDecoder::new(content))?;
            "gzip"
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let mut decoder = zstd::Decoder::new(content).map_err(|error| unreadable(&error))?;
            // The window it may ask for: 128 MiB, what zstd itself allows.
            decoder.window_log_max(27).map_err(|error| unreadable(&error))?;
            one(None, "zstd", &mut decoder)?;
            "zstd"
        }
        [b'P', b'K', 3 | 5, 4 | 6] => {
            zipped(content, one)?;
            "zip"
        }
        _ => {
            one(None, "", content)?;
            "plain"
        }
    };
    if unpacked.get() == 0 { quarantine(format!("the {form} file holds nothing")) } else { Ok(()) }
}

fn begin(content: &mut dyn Content) -> io::Result<(u64, [u8; 4])> {
    let packed = content.seek(SeekFrom::End(0))?;
    content.seek(SeekFrom::Start(0))?;
    let mut magic = Vec::with_capacity(4);
    content.take(4).read_to_end(&mut magic)?;
    content.seek(SeekFrom::Start(0))?;
    magic.resize(4, 0);
    Ok((packed, [magic[0], magic[1], magic[2], magic[3]]))
}

fn zipped(
    content: &mut dyn Content,
    mut one: impl FnMut(Option<&str>, &'static str, &mut dyn Read) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let damaged = |error: zip::result::ZipError| Refusal::Quarantine(format!("the zip file is damaged: {error}"));
    let mut archive = ZipArchive::new(content).map_err(damaged)?;
    if archive.len() > MOST_MEMBERS {
        return quarantine(format!("the zip file has {} members, more than the {MOST_MEMBERS} allowed", archive.len()));
    }
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(damaged)?;
        // Its name is only ever told: nothing is written under it.
        let name = member.name().map_err(damaged)?.into_owned();
        let hidden = name.split('/').any(|part| (part.starts_with('.') && part != "..") || part == "__MACOSX");
        if member.is_dir() || hidden {
            continue;
        }
        one(Some(&name), "zip", &mut member).map_err(|refusal| match refusal {
            Refusal::Quarantine(reason) => Refusal::Quarantine(format!("member {name}: {reason}")),
            other => other,
        })?;
    }
    Ok(())
}

/// Counts what comes out and stops beyond the budget.
struct Metered<'c, R> {
    reader: R,
    form: &'static str,
    packed: u64,
    unpacked: &'c Cell<u64>,
    budget: Budget,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer).map_err(|error| self.said(error))?;
        self.unpacked.set(self.unpacked.get() + read as u64);
        match self.budget.refuses(self.unpacked.get(), self.packed) {
            Some(reason) => Err(io::Error::other(Sentence(reason))),
            None => Ok(read),
        }
    }
}

impl<R> Metered<'_, R> {
    fn said(&self, error: io::Error) -> io::Error {
        let (form, packed) = (self.form, self.packed);
        match error.kind() {
            _ if form.is_empty() => error,
            io::ErrorKind::Interrupted => error,
            io::ErrorKind::UnexpectedEof => io::Error::other(Sentence(format!(
                "the {form} file is truncated: it ends within its data after {packed} bytes"
            ))),
            _ => io::Error::other(Sentence(format!("the {form} file is damaged: {error}"))),
        }
    }
}
