//! What files that could not be used leave in the lake: their bytes and the reason.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind};

use crate::config::{Landing, Pipeline};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::text;
use crate::lake::{crash, layout};
use crate::landing::inspect::Standing;
use crate::landing::open;
use crate::store::files::{self, FileRow};

use super::context::Context;
use super::fetch::{local_copy, open_all};

/// Keeps the files `new`, and those that a crash or a lake that could not be written kept from it.
///
/// # Errors
/// The store's.
pub async fn keep_missing(context: &Context, pipeline: &Pipeline, new: &[i64]) -> crate::store::Result<()> {
    let name = pipeline.name.clone();
    let rows = context.store.read(move |c| files::in_state(c, &name, FileState::Quarantined)).await?;
    if rows.is_empty() {
        return Ok(());
    }
    // A lake that cannot be listed says so when it is written to.
    let kept = context.lake.list(&layout::quarantines(&pipeline.name)).await.unwrap_or_default();
    let kept: HashSet<String> = kept.into_iter().map(|object| object.path).collect();
    let is_kept = |id: i64| kept.contains(&layout::quarantine_reason(&pipeline.name, id));
    for row in rows.iter().filter(|row| new.contains(&row.id) || !is_kept(row.id)) {
        keep(context, pipeline, row, &row.reason).await;
    }
    Ok(())
}

/// Copies the bytes of a quarantined file to the lake, piece by piece, and writes the reason when they are there. The
/// original stays in the landing, so a lake that cannot be written loses nothing; that is said, and tried again later.
pub async fn keep(context: &Context, pipeline: &Pipeline, row: &FileRow, reason: &str) {
    crash::point("quarantine-recorded");
    let copied = async {
        let lost = match opened(pipeline, row).await? {
            Some(file) => {
                let path = format!("{}/content", layout::quarantine(&pipeline.name, row.id));
                context.lake.take_in(file, &path).await.map_err(|error| error.to_string())?;
                None
            }
            None => Some("it had been changed or removed before its bytes could be kept"),
        };
        let note = serde_json::json!({
            "file": row.id, "key": row.key, "bytes": row.bytes, "token": row.token, "reason": reason, "lost": lost,
            "at": context.now(),
        });
        let note = format!("{note:#}\n").into_bytes();
        let path = layout::quarantine_reason(&pipeline.name, row.id);
        context.lake.put(&path, note).await.map_err(|error| error.to_string())
    };
    if let Err(error) = copied.await {
        let said = format!("{} stays in the landing only: {error}", text::one_line(&row.key));
        context.note(Level::Warn, Some(&pipeline.name), None, "file", &said).await;
    }
}

/// The version that the ledger knows, open; none when there is another one, or nothing.
async fn opened(pipeline: &Pipeline, row: &FileRow) -> Result<Option<File>, String> {
    let landing = &pipeline.landing;
    if let Some(place) = landing.remote.as_ref().filter(|_| !local_copy(landing, row).exists())
        && let (_, Some(why)) = open_all(place, landing, None, vec![(row.clone(), Standing::Still)]).await
    {
        return Err(why);
    }
    let file = match open_version(landing, row) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => file,
    };
    file.map_err(|error| format!("it cannot be read: {error}"))
}

fn open_version(landing: &Landing, row: &FileRow) -> io::Result<Option<File>> {
    let path = local_copy(landing, row);
    match landing.remote {
        // A copy of one version, which nobody else writes.
        Some(_) => File::open(path).map(Some),
        None => open::open(&path, &row.token),
    }
}
