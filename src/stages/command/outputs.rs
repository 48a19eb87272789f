//! The folder a program writes its results into.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::Job;
use crate::lake::{Lake, LakeError, wait};
use crate::stages::StageError;

/// Makes the folder, empty, and gives its absolute path.
pub(super) fn prepare(lake: &Lake, folder: &str) -> Result<PathBuf, StageError> {
    wait(lake.delete_prefix(folder))?;
    Ok(lake.empty_desk(folder)?)
}

/// Every file in the folder as an artifact, durable, by name.
pub(super) fn collect(lake: &Lake, job: &Job, folder: &str, path: &Path) -> Result<Vec<Artifact>, StageError> {
    let mut files = Vec::new();
    walk(path, &mut files).map_err(|error| LakeError::from_io(folder, &error))?;
    files.sort();
    files.into_iter().map(|file| artifact(lake, job, folder, path, &file)).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    File::open(folder)?.sync_all()
}

fn artifact(lake: &Lake, job: &Job, folder: &str, root: &Path, file: &Path) -> Result<Artifact, StageError> {
    let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if !name.chars().all(plain) {
        let text = format!("the program wrote {name:?}: use letters, digits, dot, dash and underscore in file names");
        return Err(StageError::Program(text));
    }
    let staged = format!("{folder}/{name}");
    let sync = || -> io::Result<u64> {
        let file = File::open(file)?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    };
    let bytes = sync().map_err(|error| LakeError::from_io(&staged, &error))?;
    lake.hand_in(&staged)?;
    let hash = wait(lake.hash(&staged))?;
    let kind = DatasetKind::Output;
    let path = format!("{}/{}/{}/run-{}-{name}", kind.name(), job.pipeline, job.stage, job.run);
    let partition = format!("{}/{name}", job.stage);
    let part = Part { kind, partition, path, rows: 0, bytes, hash, from: None, to: None };
    Ok(Artifact { part, staged, replaces: false })
}
