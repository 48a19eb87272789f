//! The bytes of a file that can only be read by seeking in it.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read, Seek, Write};
use std::os::unix::fs::FileExt;

use polars::io::mmap::MmapBytesReader;

use super::cleaning::Cleaning;
use super::source::{Refusal, unreadable};
use crate::lake::LakeError;

/// Bytes that are copied to disk at a time.
const CHUNK: u64 = 8 << 20;

/// All bytes of a file.
pub(super) enum Whole {
    Memory(Vec<u8>),
    /// A file of our own, which nobody else can cut short while it is mapped.
    Disk(File),
}

impl Whole {
    /// Everything in `reader`; on disk what is larger than rows may be in memory.
    pub fn of(reader: &mut dyn BufRead, cleaning: &Cleaning<'_>) -> Result<Self, Refusal> {
        let mut bytes = Vec::new();
        let Some(room) = &cleaning.room else {
            reader.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
            return Ok(Self::Memory(bytes));
        };
        let most = cleaning.pieces.memory as u64;
        reader.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        if (bytes.len() as u64) < most {
            return Ok(Self::Memory(bytes));
        }
        let path = format!("{}/whole", room.staging);
        let full = |error: &io::Error| Refusal::Stage(Box::new(LakeError::from_io(&path, error).into()));
        let mut file = room.lake.nameless(&path).map_err(|error| Refusal::Stage(Box::new(error.into())))?;
        while !bytes.is_empty() {
            file.write_all(&bytes).map_err(|error| full(&error))?;
            bytes.clear();
            reader.take(CHUNK).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        }
        Ok(Self::Disk(file))
    }

    /// Its size.
    pub fn bytes(&self) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => Ok(bytes.len() as u64),
            Self::Disk(file) => Ok(file.metadata()?.len()),
        }
    }

    /// The `most` first bytes and the `most` last ones, or fewer.
    pub fn ends(&self, most: usize) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let bytes = self.bytes()?;
        let most = bytes.min(most as u64);
        let piece = |at: u64| match self {
            Self::Memory(bytes) => Ok(bytes[at as usize..(at + most) as usize].to_vec()),
            Self::Disk(file) => {
                let mut piece = vec![0; most as usize];
                file.read_exact_at(&mut piece, at).map(|()| piece)
            }
        };
        Ok((piece(0)?, piece(bytes - most)?))
    }

    /// A reader from its beginning.
    pub fn reader(&self) -> io::Result<Box<dyn MmapBytesReader + '_>> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Self::Disk(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Box::new(file)
            }
        })
    }
}
