//! From a claimed file version to its bytes.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::domain::job::InputFile;
use crate::landing::token;

/// Why a file of the batch is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It cannot be used.
    Quarantine(String),
    /// It is not the version that was claimed.
    Changed(String),
}

/// A refusal for a file that cannot be used.
pub(super) fn quarantine<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Quarantine(reason.into()))
}

/// The bytes of exactly the claimed version, unpacked when they are gzip (by magic number).
pub(super) fn read(file: &InputFile) -> Result<Vec<u8>, Refusal> {
    let path = Path::new(&file.path);
    same_version(path, file, "it was changed before it was read")?;
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    same_version(path, file, "it was changed while it was read")?;
    plain(bytes)
}

/// `bytes`, unpacked when they are gzip (by magic number).
pub(super) fn plain(bytes: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    if bytes.is_empty() {
        return quarantine("the file is empty (0 bytes)");
    }
    if bytes.starts_with(&[0x1f, 0x8b]) { unpack(&bytes) } else { Ok(bytes) }
}

fn same_version(path: &Path, file: &InputFile, otherwise: &str) -> Result<(), Refusal> {
    let found = token::of(path).map_err(|error| unreadable(&error))?;
    if found.0 == file.token { Ok(()) } else { Err(Refusal::Changed(otherwise.to_owned())) }
}

fn unreadable(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::Changed("it has vanished from the landing".to_owned()),
        io::ErrorKind::PermissionDenied => Refusal::Quarantine(
            "the file cannot be read: permission denied; give the user of the engine the right to read it".to_owned(),
        ),
        _ => Refusal::Quarantine(format!("the file cannot be read: {error}")),
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::with_capacity(bytes.len() * 4);
    match MultiGzDecoder::new(bytes).read_to_end(&mut unpacked) {
        Ok(0) => quarantine("the gzip file holds nothing"),
        Ok(_) => Ok(unpacked),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            quarantine(format!("the gzip file is truncated: it ends within its data after {} bytes", bytes.len()))
        }
        Err(error) => quarantine(format!("the gzip file is damaged: {error}")),
    }
}
