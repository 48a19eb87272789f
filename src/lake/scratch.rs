//! Room on disk for what does not fit into memory. It has no name, so it is given back however the process ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Lake, LakeError, fault};

/// A file that grows by pieces, each read again by its place. Any thread may write and read.
#[derive(Debug)]
pub struct Scratch {
    path: String,
    file: File,
    end: AtomicU64,
}

/// Where a piece lies in a [`Scratch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    at: u64,
    bytes: usize,
}

impl Place {
    /// Its size.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Lake {
    /// Room beside what is staged under `path`, empty.
    pub fn scratch(&self, path: &str) -> Result<Scratch, LakeError> {
        Ok(Scratch { path: path.to_owned(), file: self.nameless(path)?, end: AtomicU64::new(0) })
    }

    /// A file that is open and has no name any more, on the disk where `path` is staged.
    pub fn nameless(&self, path: &str) -> Result<File, LakeError> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        // Files of several threads are never one.
        let place = self.desk(&format!("{path}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)))?;
        let open = || -> io::Result<File> {
            fault::before_write(path)?;
            std::fs::create_dir_all(place.parent().unwrap_or(Path::new("/")))?;
            let file = File::options().read(true).write(true).create_new(true).open(&place)?;
            std::fs::remove_file(&place)?;
            Ok(file)
        };
        open().map_err(|error| LakeError::from_io(path, &error))
    }
}

impl Scratch {
    /// Writes a piece behind the others.
    pub fn keep(&self, piece: &[u8]) -> Result<Place, LakeError> {
        let at = self.end.fetch_add(piece.len() as u64, Ordering::Relaxed);
        self.file.write_all_at(piece, at).map_err(|error| LakeError::from_io(&self.path, &error))?;
        Ok(Place { at, bytes: piece.len() })
    }

    /// Gives the room of a piece back where the system can: it is not read again.
    pub fn drop_piece(&self, place: Place) {
        #[cfg(target_os = "linux")]
        {
            use nix::fcntl::{FallocateFlags, fallocate};
            let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            // A file system that cannot keeps it until the end of the process.
            let _ = fallocate(&self.file, flags, place.at.cast_signed(), place.bytes as i64);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = place;
    }

    /// The piece at `place`.
    pub fn read(&self, place: Place) -> Result<Vec<u8>, LakeError> {
        let mut piece = vec![0; place.bytes];
        self.file.read_exact_at(&mut piece, place.at).map_err(|error| LakeError::from_io(&self.path, &error))?;
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_again_by_their_place_and_the_folder_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).unwrap();
        let scratch = lake.scratch(".staging/1/clean-1/scratch").unwrap();
        let [first, second, none] = ["abc", "de", ""].map(|piece| scratch.keep(piece.as_bytes()).unwrap());
        assert_eq!(scratch.read(second).unwrap(), b"de");
        scratch.drop_piece(second);
        assert_eq!(scratch.read(first).unwrap(), b"abc");
        assert_eq!(scratch.read(none).unwrap(), b"");
        assert_eq!(std::fs::read_dir(folder.path().join(".staging/1/clean-1")).unwrap().count(), 0);
    }
}
