//! One file version and its history.

use super::tidy::{Tidy, line, tidied};
use crate::domain::Instant;
use crate::domain::file::FileState;
use crate::store::files::FileRow;
use crate::store::{self, Connection};

/// A file version.
#[derive(Debug, Clone)]
pub struct FileDetail {
    /// The version.
    pub file: FileRow,
    /// What happened to it, oldest first.
    pub history: Vec<(Instant, FileState, String)>,
    /// Every version of its name in its pipeline, oldest first.
    pub versions: Vec<FileRow>,
}

/// Reads a file version.
pub fn load(read: &Connection, id: i64) -> store::Result<Option<FileDetail>> {
    let Some(mut file) = store::files::get(read, id)? else { return Ok(None) };
    let versions = tidied(store::files::named(read, Some(&file.pipeline), &file.key)?);
    file.tidy();
    let history = store::files::history(read, id)?;
    let history = history.into_iter().map(|(at, state, reason)| (at, state, line(&reason))).collect();
    Ok(Some(FileDetail { file, history, versions }))
}
