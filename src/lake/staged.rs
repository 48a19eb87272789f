//! A file being written into a staging area.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Lake, LakeError, fault};

/// What is known of a staged file once it is whole and on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its size.
    pub bytes: u64,
    /// BLAKE3 of its bytes, lower-case hex.
    pub hash: String,
}

/// A staged object that is written piece by piece; hashed on the way, so that it need not be read again.
///
/// Dropped without [`StagedFile::seal`] it stays behind half written, in a staging area that nobody will commit.
pub struct StagedFile {
    lake: Lake,
    path: String,
    folder: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
    failure: Option<LakeError>,
}

impl Lake {
    /// Starts the object `path` (relative to the lake), replacing what an earlier try left there.
    pub fn create(&self, path: &str) -> Result<StagedFile, LakeError> {
        let target = self.desk(path)?;
        let folder = target.parent().map(Path::to_path_buf).unwrap_or_default();
        let open = || -> io::Result<File> {
            fault::before_write(path)?;
            std::fs::create_dir_all(&folder)?;
            // Never into the file that is there: a commit that was interrupted may have linked it to a final name.
            match std::fs::remove_file(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => File::create_new(&target),
            }
        };
        let file = open().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                LakeError::Unreachable { root: self.root().to_owned(), reason: error.to_string() }
            }
            _ => LakeError::from_io(path, &error),
        })?;
        Ok(StagedFile {
            lake: self.clone(),
            path: path.to_owned(),
            folder,
            file: BufWriter::with_capacity(1 << 18, file),
            hasher: blake3::Hasher::new(),
            bytes: 0,
            failure: None,
        })
    }
}

impl StagedFile {
    /// Flushes it to disk, its folder entry included, and hands it in: from now on it may be announced. Must not be
    /// called from within an asynchronous task.
    pub fn seal(mut self) -> Result<Sealed, LakeError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let finish = |file: &mut BufWriter<File>, folder: &Path| -> io::Result<()> {
            file.flush()?;
            file.get_ref().sync_all()?;
            File::open(folder)?.sync_all()
        };
        finish(&mut self.file, &self.folder).map_err(|error| LakeError::from_io(&self.path, &error))?;
        self.lake.hand_in(&self.path)?;
        Ok(Sealed { bytes: self.bytes, hash: self.hasher.finalize().to_hex().to_string() })
    }

    /// Why a write failed, when one did. A format's writer may have hidden it behind an error of its own.
    pub fn failure(&self) -> Option<&LakeError> {
        self.failure.as_ref()
    }
}

impl Write for StagedFile {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.file.write(piece).inspect_err(|error| {
            self.failure.get_or_insert_with(|| LakeError::from_io(&self.path, error));
        })?;
        self.hasher.update(&piece[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().inspect_err(|error| {
            self.failure.get_or_insert_with(|| LakeError::from_io(&self.path, error));
        })
    }
}
