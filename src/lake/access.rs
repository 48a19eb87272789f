//! Reading and writing objects of the lake.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, RenameOptions, RenameTargetMode};

use super::{LakeError, fault};
use crate::domain::Instant;
use crate::domain::dataset::Artifact;

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
#[derive(Debug, Clone)]
pub struct Lake {
    root: String,
    store: Arc<LocalFileSystem>,
}

impl Lake {
    /// Opens the lake at `root`, an absolute folder or a `file://` URL, and creates the folder when it is not there.
    pub fn open(root: &str) -> Result<Self, LakeError> {
        let unreachable = |reason: String| LakeError::Unreachable { root: root.to_owned(), reason };
        let folder = match root.split_once("://") {
            None => PathBuf::from(root),
            Some(("file", _)) => url::Url::parse(root)
                .ok()
                .and_then(|url| url.to_file_path().ok())
                .ok_or_else(|| unreachable("not a valid file URL".to_owned()))?,
            Some((scheme, _)) => return Err(unreachable(format!("this version cannot open `{scheme}://` lakes"))),
        };
        std::fs::create_dir_all(&folder).map_err(|error| unreachable(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| unreachable(error.to_string()))?;
        Ok(Self { root: root.to_owned(), store: Arc::new(store.with_fsync(true).with_automatic_cleanup(true)) })
    }

    /// Where it is, as configured.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Path of an object in the file system; `None` when `path` cannot be a name. See the module for why it exists.
    pub fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.store.path_to_filesystem(&Path::parse(path).ok()?).ok()
    }

    /// The whole object.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>, LakeError> {
        let read = async { self.store.get(&name(path)?).await?.bytes().await };
        read.await.map(Vec::from).map_err(|error| LakeError::from_store(path, &error))
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
            self.store.put_opts(&name(path)?, bytes.into(), PutOptions { mode, ..PutOptions::default() }).await
        };
        write.await.map(drop).map_err(|error| LakeError::from_store(path, &error))
    }

    /// What is known of an object without reading it; `None` when there is none.
    pub async fn head(&self, path: &str) -> Result<Option<Object>, LakeError> {
        let head = async { self.store.head(&name(path)?).await };
        match head.await {
            Ok(meta) => Ok(Some(object(meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(LakeError::from_store(path, &error)),
        }
    }

    /// Every object below the folder `prefix` (everything when empty), by name.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, LakeError> {
        let failed = |error| LakeError::from_store(prefix, &error);
        let folder = name(prefix).map_err(failed)?;
        let mut objects: Vec<Object> =
            self.store.list(Some(&folder)).map_ok(object).try_collect().await.map_err(failed)?;
        objects.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(objects)
    }

    /// Deletes an object; that there is none is fine.
    pub async fn delete(&self, path: &str) -> Result<(), LakeError> {
        let delete = async { self.store.delete(&name(path)?).await };
        match delete.await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(LakeError::from_store(path, &error)),
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
        let failed = |error| LakeError::from_store(path, &error);
        let mut pieces = self.store.get(&name(path).map_err(failed)?).await.map_err(failed)?.into_stream();
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
        let options = RenameOptions { target_mode: RenameTargetMode::Create, ..RenameOptions::default() };
        let rename = async { self.store.rename_opts(&name(staged)?, &name(target)?, options).await };
        rename.await.map_err(|error| LakeError::from_store(staged, &error))
    }

    /// Moves a promoted object back to where it was staged: the undoing of [`Self::promote`]. Touches nothing when the
    /// final name does not hold exactly the announced bytes.
    pub async fn demote(&self, artifact: &Artifact) -> Result<(), LakeError> {
        let (staged, target) = (&artifact.staged, &artifact.part.path);
        if self.head(staged).await?.is_some() || self.holds(target, artifact).await? != Some(true) {
            return Ok(());
        }
        let rename = async { self.store.rename(&name(target)?, &name(staged)?).await };
        rename.await.map_err(|error| LakeError::from_store(target, &error))
    }

    /// Copies an object of the local file system (a file that goes to quarantine, say) into the lake.
    pub async fn take_in(&self, file: &FilePath, path: &str) -> Result<(), LakeError> {
        let bytes = std::fs::read(file).map_err(|error| LakeError::from_io(&file.to_string_lossy(), &error))?;
        self.put(path, bytes).await
    }
}

fn name(path: &str) -> Result<Path, object_store::Error> {
    Ok(Path::parse(path)?)
}

fn object(meta: object_store::ObjectMeta) -> Object {
    Object { path: meta.location.to_string(), bytes: meta.size, modified: meta.last_modified }
}
