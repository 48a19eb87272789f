//! What an operator does with file versions: release, retry, drop, hold; and running the files of a span of time again.

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::file::{FileState, FileVerb};
use crate::domain::format::counted;
use crate::domain::run::Cause;
use crate::domain::text::one_line;
use crate::store::files::FileRow;
use crate::store::runs::NewRun;
use crate::store::{Connection, Result, StoreError, Transaction, files, ledger, runs};

use super::check::batch;
use super::create::create_run;

/// The newest version of the file called `key`, of the only pipeline that knows one unless it is named.
///
/// # Errors
/// [`StoreError::Forbidden`] when no such file was ever seen, or more than one pipeline knows one.
pub fn find(connection: &Connection, pipeline: Option<&str>, key: &str) -> Result<FileRow> {
    let mut rows = files::named(connection, pipeline, key)?;
    let newest = rows.pop().ok_or_else(|| {
        StoreError::Forbidden(format!("no file named `{}` was ever seen: is it in the landing?", one_line(key)))
    })?;
    match rows.iter().find(|row| row.pipeline != newest.pipeline) {
        None => Ok(newest),
        Some(other) => Err(StoreError::Forbidden(format!(
            "pipelines {} and {} both know a file of that name: say which with --pipeline",
            other.pipeline, newest.pipeline
        ))),
    }
}

/// The version `id`, which whoever asks has looked at.
///
/// # Errors
/// [`StoreError::Forbidden`] when it is not the newest of its name: what was looked at is not what there is.
pub fn version(connection: &Connection, id: i64) -> Result<FileRow> {
    let row = files::get(connection, id)?;
    let row = row.ok_or_else(|| StoreError::Forbidden(format!("there is no file version {id}")))?;
    let newest = files::named(connection, Some(&row.pipeline), &row.key)?.pop();
    if newest.is_some_and(|newest| newest.id != id) {
        return Err(StoreError::Forbidden(format!(
            "a newer version of {} has come: look at that one",
            one_line(&row.key)
        )));
    }
    Ok(row)
}

/// Does it, and says what was done.
///
/// # Errors
/// [`StoreError::Forbidden`] when the file's state does not allow it.
pub fn operate(
    tx: &Transaction<'_>,
    row: &FileRow,
    verb: FileVerb,
    who: &str,
    why: Option<&str>,
    now: Instant,
) -> Result<String> {
    let key = one_line(&row.key);
    let Some(mut next) = verb.leads_to(row.state) else {
        return Err(StoreError::Forbidden(format!(
            "{key} is {} ({}): it cannot be {}",
            row.state,
            row.reason,
            verb.past()
        )));
    };
    if files::was_committed(tx, row.id)? {
        return Err(StoreError::Forbidden(format!("{key} was run: rerun the run that took it")));
    }
    if next == FileState::Ready && row.hash.is_none() {
        // It was put aside before anybody looked whether it is whole.
        next = FileState::Settling;
    }
    let because = why.map(|why| format!(": {}", one_line(why))).unwrap_or_default();
    let reason = format!("{} by {}{because}", verb.past(), one_line(who));
    files::set_state(tx, row.id, next, &reason, now)?;
    if matches!(verb, FileVerb::Release | FileVerb::Retry) {
        ledger::forget_attempts(tx, row.id, now)?;
    }
    Ok(format!("{key} is {next}, {}", verb.past()))
}

/// Files whose rows lie in a span of time, by what can be done with them.
#[derive(Debug, Default)]
pub struct Backfill {
    /// They can be run again, in order of arrival.
    pub files: Vec<FileRow>,
    /// They cannot: they were removed when they were archived.
    pub gone: Vec<FileRow>,
}

/// The files whose event times reach into `from..to`.
///
/// # Errors
/// The store's.
pub fn backfill(connection: &Connection, pipeline: &Pipeline, from: Instant, to: Instant) -> Result<Backfill> {
    let mut found = Backfill::default();
    for row in files::spanning(connection, &pipeline.name, from, to)? {
        let removed = row.state == FileState::Archived && row.archived.is_none();
        if removed { found.gone.push(row) } else { found.files.push(row) }
    }
    Ok(found)
}

/// Queues runs that take those files again, each as many as one may; answers their ids.
///
/// # Errors
/// [`StoreError::Forbidden`] when there is none, or a run of the pipeline is open.
pub fn fill(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    found: &Backfill,
    reason: &str,
    now: Instant,
) -> Result<Vec<i64>> {
    if found.files.is_empty() {
        return Err(StoreError::Forbidden("no file whose data is of that time was run and is still there".to_owned()));
    }
    if let Some(run) = runs::open(tx)?.into_iter().find(|run| run.pipeline == pipeline.name) {
        return Err(StoreError::Forbidden(format!("run {} is under way: ask again when it is over", run.id)));
    }
    let mut made = Vec::new();
    let mut rest = found.files.as_slice();
    while !rest.is_empty() {
        let taken = batch(&pipeline.landing, rest);
        let ids: Vec<i64> = taken.iter().map(|row| row.id).collect();
        let new = NewRun {
            pipeline: &pipeline.name,
            cause: Cause::Manual,
            reason,
            parent: None,
            config_hash: &pipeline.config_hash,
            seed: pipeline.seed,
            files: &ids,
            bytes: taken.iter().map(|row| row.bytes).sum(),
        };
        made.push(create_run(tx, pipeline, &new, now)?);
        rest = &rest[ids.len()..];
    }
    Ok(made)
}

/// What a backfill takes, in one sentence; `runs` are those that were queued, none in a preview.
pub fn told(found: &Backfill, runs: &[i64]) -> String {
    const NAMED: usize = 8;
    let names = |rows: &[FileRow]| {
        let shown: Vec<String> = rows.iter().take(NAMED).map(|row| one_line(&row.key)).collect();
        let more = rows.len().saturating_sub(NAMED);
        if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
    };
    let count = counted(found.files.len() as u64, "file");
    let mut said = match runs {
        [] if found.files.is_empty() => "no file whose data is of that time was run and is still there".to_owned(),
        [] => format!("{count} would be run again: {}", names(&found.files)),
        [run] => format!("run {run} takes {count} again: {}", names(&found.files)),
        [first, .., last] => format!("runs {first} to {last} take {count} again: {}", names(&found.files)),
    };
    if !found.gone.is_empty() {
        said.push_str(&format!("; removed when they were archived, so not again: {}", names(&found.gone)));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::file::{Listed, VersionToken};
    use crate::store::Store;

    #[tokio::test]
    async fn only_the_newest_version_of_a_name_is_what_was_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let now = Instant::UNIX_EPOCH;
        let listed = |key: &str, token: &str| Listed {
            key: key.to_owned(),
            bytes: 1,
            modified: now,
            token: VersionToken(token.to_owned()),
        };
        let versions = [("p", "a\u{1b}.csv", "1"), ("p", "a\u{1b}.csv", "2"), ("q", "a\u{1b}.csv", "3")];
        let versions = versions.map(|(pipeline, key, token)| (pipeline, listed(key, token)));
        let fill = move |tx: &Transaction<'_>| {
            for (pipeline, listed) in &versions {
                files::enter(tx, pipeline, listed, now)?;
            }
            Ok(())
        };
        store.write(fill).await.unwrap();
        let found = async |id| store.read(move |c| version(c, id)).await.map_err(|error| error.to_string());
        let newer = found(1).await.unwrap_err();
        assert!(newer.starts_with("a newer version of a") && !newer.contains('\u{1b}'), "{newer:?}");
        assert_eq!(found(2).await.unwrap().token, "2");
        assert_eq!(found(3).await.unwrap().pipeline, "q", "what other pipelines call so is another file");
        assert_eq!(found(9).await.unwrap_err(), "there is no file version 9");
    }
}
