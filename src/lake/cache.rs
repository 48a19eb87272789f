//! Local copies of objects that are read more than once, or as files.

use std::path::{Path as FilePath, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::io::AsyncWriteExt;

use crate::domain::location::Location;

/// Copies are dropped, those longest unused first, when they take more room than this.
const MOST: u64 = 4 << 30;
/// A copy that was used within this is left alone: somebody may just be about to open it.
const IN_USE: Duration = Duration::from_secs(600);
/// So much is asked for at a time, and held in memory.
const PIECE: u64 = 8 << 20;

/// The folder with the copies of one lake.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(super) fn new(place: &Location) -> Self {
        let of = blake3::hash(place.root.as_bytes()).to_hex();
        let folder = match place.cache.as_os_str().is_empty() {
            true => std::env::temp_dir().join("landfall-cache"),
            false => place.cache.clone(),
        };
        Self { folder: folder.join(&of[..16]) }
    }

    /// Where the copy of an object is, or would be.
    pub(super) fn place(&self, name: &Path) -> PathBuf {
        self.folder.join(name.as_ref())
    }

    /// The copy, made when it is not there.
    pub(super) async fn fetch(&self, store: &dyn ObjectStore, name: &Path) -> object_store::Result<PathBuf> {
        let place = self.place(name);
        if let Ok(file) = std::fs::File::open(&place) {
            // Only for the order of dropping.
            let _ = file.set_modified(SystemTime::now());
            return Ok(place);
        }
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let part = self.folder.join(format!(".part-{}-{}", std::process::id(), PARTS.fetch_add(1, Ordering::Relaxed)));
        let copied = async {
            let folder = place.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(folder).map_err(at)?;
            copy(store, name, &part).await?;
            std::fs::rename(&part, &place).map_err(at)
        };
        if let Err(error) = copied.await {
            // What is left is dropped with the old copies otherwise.
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
        self.tidy();
        Ok(place)
    }

    fn tidy(&self) {
        let mut copies = Vec::new();
        walk(&self.folder, &mut copies);
        let mut all: u64 = copies.iter().map(|(.., bytes)| bytes).sum();
        copies.sort();
        for (used, place, bytes) in copies {
            if all <= MOST || used.elapsed().is_ok_and(|age| age < IN_USE) {
                break;
            }
            if std::fs::remove_file(place).is_ok() {
                all -= bytes;
            }
        }
    }
}

/// Copies an object into a file, piece by piece, each of the very version that the first was of.
async fn copy(store: &dyn ObjectStore, name: &Path, file: &FilePath) -> object_store::Result<()> {
    let mut written = 0;
    let mut version = None;
    let mut out = tokio::fs::File::create(file).await.map_err(at)?;
    loop {
        // A range of an empty object is refused by every store; its first piece is asked for whole.
        let range = (written > 0).then(|| GetRange::Bounded(written..written + PIECE));
        let options = GetOptions { range, if_match: version.clone(), ..GetOptions::default() };
        let got = store.get_opts(name, options).await?;
        let size = got.meta.size;
        version = got.meta.e_tag.clone();
        let mut pieces = got.into_stream();
        while let Some(piece) = futures::TryStreamExt::try_next(&mut pieces).await? {
            out.write_all(&piece).await.map_err(at)?;
            written += piece.len() as u64;
        }
        if written >= size {
            // A copy is trusted for as long as it has its name, so also after a power cut.
            out.flush().await.map_err(at)?;
            return out.sync_all().await.map_err(at);
        }
    }
}

fn walk(folder: &FilePath, found: &mut Vec<(SystemTime, PathBuf, u64)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            walk(&entry.path(), found);
        } else if let Ok(used) = about.modified() {
            found.push((used, entry.path(), about.len()));
        }
    }
}

fn at(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "cache", source: Box::new(error) }
}
