//! Reading and writing objects of the lake.

use std::fs::File;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, RenameOptions, RenameTargetMode};

use super::cache::Cache;
use super::remote::Remote;
use super::{LakeError, fault, local, upload};
use crate::domain::Instant;
use crate::domain::dataset::Artifact;
use crate::domain::location::Location;

/// An object of the lake as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Relative to the lake.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Instant,
}

/// The lake of a workspace. Cheap to clone. All paths are relative to its root and `/`-separated.
#[derive(Clone)]
pub struct Lake {
    root: String,
    store: Arc<dyn ObjectStore>,
    ground: Ground,
}

/// What the lake lies on.
#[derive(Clone)]
enum Ground {
    /// A folder of this machine.
    Folder(PathBuf),
    /// An object store, with local copies of what was read.
    Store(Arc<Remote>, Cache),
}

impl Lake {
    /// Opens the lake. A folder is created when it is not there; an object store is not asked anything yet.
    pub fn open(place: impl Into<Location>) -> Result<Self, LakeError> {
        let place = place.into();
        let root = place.root.clone();
        let unreachable = |reason: String| LakeError::Unreachable { root: root.clone(), reason };
        if let Some(folder) = place.folder() {
            if !folder.is_absolute() {
                return Err(unreachable("not an absolute folder".to_owned()));
            }
            std::fs::create_dir_all(&folder).map_err(|error| unreachable(error.to_string()))?;
            let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| unreachable(error.to_string()))?;
            let store = Arc::new(store.with_fsync(true).with_automatic_cleanup(true));
            return Ok(Self { root, store, ground: Ground::Folder(folder) });
        }
        if root.starts_with("file:") {
            return Err(unreachable("not a valid file URL".to_owned()));
        }
        let remote = Remote::open(&place).map_err(|trouble| unreachable(trouble.words))?;
        let store = Arc::new(PrefixStore::new(Arc::clone(&remote.store), remote.prefix.clone()));
        let cache = Cache::new(&place);
        Ok(Self { root, store, ground: Ground::Store(Arc::new(remote), cache) })
    }

    /// Where it is, as configured.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Path of an object in the file system; `None` when `path` cannot be a name or the lake is no folder. See the
    /// module for why it exists.
    pub fn local_path(&self, path: &str) -> Option<PathBuf> {
        let Ground::Folder(folder) = &self.ground else { return None };
        local::checked(folder, path).ok()?;
        Some(folder.join(Path::parse(path).ok()?.as_ref()))
    }

    /// A file that holds the bytes of an object: the object itself in a folder, else a local copy, made when it is not
    /// there yet. Only for names that are never written twice. Must not be called from within an asynchronous task.
    pub fn file(&self, path: &str) -> Result<PathBuf, LakeError> {
        match &self.ground {
            Ground::Folder(folder) => {
                Ok(folder.join(self.name(path).map_err(|error| self.failed(path, &error))?.as_ref()))
            }
            Ground::Store(..) => super::wait(self.copied(path)),
        }
    }

    /// As [`Self::file`], for asynchronous tasks.
    pub async fn copied(&self, path: &str) -> Result<PathBuf, LakeError> {
        let name = self.name(path).map_err(|error| self.failed(path, &error))?;
        match &self.ground {
            Ground::Folder(folder) => Ok(folder.join(name.as_ref())),
            Ground::Store(_, cache) => {
                cache.fetch(&*self.store, &name).await.map_err(|error| self.failed(path, &error))
            }
        }
    }

    /// Where a new object is written piece by piece: its final place in a folder, a local copy that is uploaded later
    /// otherwise.
    pub(super) fn desk(&self, path: &str) -> Result<PathBuf, LakeError> {
        let name = self.name(path).map_err(|error| self.failed(path, &error))?;
        Ok(match &self.ground {
            Ground::Folder(folder) => folder.join(name.as_ref()),
            Ground::Store(_, cache) => cache.place(&name),
        })
    }

    /// A local folder in which a program may write what is to be staged under `path`, empty.
    pub fn empty_desk(&self, path: &str) -> Result<PathBuf, LakeError> {
        let desk = self.desk(path)?;
        let cleared = match std::fs::remove_dir_all(&desk) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => std::fs::create_dir_all(&desk),
        };
        cleared.map_err(|error| LakeError::from_io(path, &error))?;
        Ok(desk)
    }

    /// Takes in what was written at the desk of `path`. Nothing is left to do where the lake is a folder. Must not be
    /// called from within an asynchronous task.
    pub fn hand_in(&self, path: &str) -> Result<(), LakeError> {
        match self.ground {
            Ground::Folder(_) => Ok(()),
            Ground::Store(..) => super::wait(self.take_in(opened(&self.desk(path)?)?, path)),
        }
    }

    /// The whole object.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>, LakeError> {
        let read = async { self.store.get(&self.name(path)?).await?.bytes().await };
        read.await.map(Vec::from).map_err(|error| self.failed(path, &error))
    }

    /// Writes the object whole, or not at all; replaces what was there.
    pub async fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) -> Result<(), LakeError> {
        self.write(path, bytes.into(), PutMode::Overwrite).await
    }

    /// Writes an object that must not exist yet. That it exists with the same bytes is fine.
    pub async fn put_new(&self, path: &str, bytes: impl Into<Vec<u8>>) -> Result<(), LakeError> {
        let bytes = bytes.into();
        match self.write(path, bytes.clone(), PutMode::Create).await {
            Err(LakeError::Conflict { .. }) if self.get(path).await? == bytes => Ok(()),
            result => result,
        }
    }

    async fn write(&self, path: &str, bytes: Vec<u8>, mode: PutMode) -> Result<(), LakeError> {
        fault::before_write(path).map_err(|error| LakeError::from_io(path, &error))?;
        let write = async {
            self.store.put_opts(&self.name(path)?, bytes.into(), PutOptions { mode, ..PutOptions::default() }).await
        };
        write.await.map(drop).map_err(|error| self.failed(path, &error))
    }

    /// What is known of an object without reading it; `None` when there is none.
    pub async fn head(&self, path: &str) -> Result<Option<Object>, LakeError> {
        let head = async { self.store.head(&self.name(path)?).await };
        match head.await {
            Ok(meta) => Ok(Some(object(meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Every object below the folder `prefix` (everything when empty), by name.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, LakeError> {
        let failed = |error| self.failed(prefix, &error);
        let folder = self.name(prefix).map_err(failed)?;
        let mut objects: Vec<Object> = match &self.ground {
            Ground::Folder(root) => local::list(root, &folder).map_err(|error| LakeError::from_io(prefix, &error))?,
            Ground::Store(..) => self.store.list(Some(&folder)).map_ok(object).try_collect().await.map_err(failed)?,
        };
        objects.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(objects)
    }

    /// Whether the lake answers at all.
    pub async fn answers(&self) -> Result<(), LakeError> {
        let Ground::Store(remote, _) = &self.ground else { return Ok(()) };
        let options = object_store::list::PaginatedListOptions { max_keys: Some(1), ..Default::default() };
        match remote.pages.list_paginated(None, options).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failed("", &error)),
        }
    }

    /// Deletes an object; that there is none is fine.
    pub async fn delete(&self, path: &str) -> Result<(), LakeError> {
        let delete = async { self.store.delete(&self.name(path)?).await };
        match delete.await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Deletes everything below the folder `prefix`, which must not be empty. Returns how many objects there were.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<usize, LakeError> {
        if prefix.trim_matches('/').is_empty() {
            let reason = "refusing to delete the whole lake".to_owned();
            return Err(LakeError::Failed { path: prefix.to_owned(), reason });
        }
        let objects = self.list(prefix).await?;
        for object in &objects {
            self.delete(&object.path).await?;
        }
        Ok(objects.len())
    }

    /// BLAKE3 of an object's bytes, lower-case hex.
    pub async fn hash(&self, path: &str) -> Result<String, LakeError> {
        let failed = |error| self.failed(path, &error);
        let mut pieces = self.store.get(&self.name(path).map_err(failed)?).await.map_err(failed)?.into_stream();
        let mut hasher = blake3::Hasher::new();
        while let Some(piece) = pieces.next().await {
            hasher.update(&piece.map_err(failed)?);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Whether `path` holds exactly the announced bytes of `artifact`; `None` when there is no such object.
    pub async fn holds(&self, path: &str, artifact: &Artifact) -> Result<Option<bool>, LakeError> {
        match self.head(path).await? {
            None => Ok(None),
            Some(found) if found.bytes != artifact.part.bytes => Ok(Some(false)),
            Some(_) => Ok(Some(self.hash(path).await? == artifact.part.hash)),
        }
    }

    /// Moves a staged object to its final name. Doing it twice is as good as once; a final name that holds other
    /// bytes is never touched.
    pub async fn promote(&self, artifact: &Artifact) -> Result<(), LakeError> {
        let (staged, target) = (&artifact.staged, &artifact.part.path);
        match self.holds(target, artifact).await? {
            Some(true) => return self.delete(staged).await,
            Some(false) => return Err(LakeError::Conflict { path: target.clone() }),
            None => {}
        }
        fault::before_write(target).map_err(|error| LakeError::from_io(target, &error))?;
        if artifact.part.bytes == 0 {
            // S3 copies on condition in parts, and nothing has none.
            self.put_new(target, Vec::new()).await?;
            return self.delete(staged).await;
        }
        let options = RenameOptions { target_mode: RenameTargetMode::Create, ..RenameOptions::default() };
        let moved = async {
            let (from, to) = (self.name(staged)?, self.name(target)?);
            if self.is_copied_through(artifact) {
                upload::object(&*self.store, &from, artifact.part.bytes, &to).await?;
                return self.store.delete(&from).await;
            }
            self.store.rename_opts(&from, &to, options).await
        };
        moved.await.map_err(|error| self.failed(staged, &error))
    }

    /// Moves a promoted object back to where it was staged: the undoing of [`Self::promote`]. Touches nothing when the
    /// final name does not hold exactly the announced bytes.
    pub async fn demote(&self, artifact: &Artifact) -> Result<(), LakeError> {
        let (staged, target) = (&artifact.staged, &artifact.part.path);
        if self.head(staged).await?.is_some() || self.holds(target, artifact).await? != Some(true) {
            return Ok(());
        }
        let moved = async {
            let (from, to) = (self.name(target)?, self.name(staged)?);
            if self.is_copied_through(artifact) {
                upload::object(&*self.store, &from, artifact.part.bytes, &to).await?;
                return self.store.delete(&from).await;
            }
            self.store.rename(&from, &to).await
        };
        moved.await.map_err(|error| self.failed(target, &error))
    }

    /// Whether an object is too large for its store to copy.
    fn is_copied_through(&self, artifact: &Artifact) -> bool {
        matches!(self.ground, Ground::Store(..)) && artifact.part.bytes > upload::COPIED
    }

    /// Copies an open local file into the lake, whatever its size, piece by piece.
    pub async fn take_in(&self, file: File, path: &str) -> Result<(), LakeError> {
        fault::before_write(path).map_err(|error| LakeError::from_io(path, &error))?;
        let name = self.name(path).map_err(|error| self.failed(path, &error))?;
        upload::file(&*self.store, file.into(), &name).await.map_err(|error| self.failed(path, &error))
    }

    fn name(&self, path: &str) -> Result<Path, object_store::Error> {
        let refused = |why: String| object_store::Error::Generic { store: "lake", source: why.into() };
        if path.starts_with('/') {
            return Err(refused("not a path inside the lake".to_owned()));
        }
        if let Ground::Folder(folder) = &self.ground {
            local::checked(folder, path).map_err(refused)?;
        }
        Ok(Path::parse(path)?)
    }

    fn failed(&self, path: &str, error: &object_store::Error) -> LakeError {
        match &self.ground {
            Ground::Folder(_) => LakeError::from_store(path, error),
            Ground::Store(remote, _) => LakeError::from_trouble(&self.root, path, remote.trouble(error)),
        }
    }
}

fn opened(path: &FilePath) -> Result<File, LakeError> {
    File::open(path).map_err(|error| LakeError::from_io(&path.display().to_string(), &error))
}

fn object(meta: object_store::ObjectMeta) -> Object {
    Object { path: meta.location.to_string(), bytes: meta.size, modified: meta.last_modified }
}
