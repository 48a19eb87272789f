//! What becomes of a batch's files when a run does not commit them.

use crate::config::Pipeline;
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::{Instant, text};
use crate::store::{Result, Transaction, events, files};

use super::apart::died_of;
use super::context::Context;
use super::quarantine;
use super::settle;

/// Frees the files a run still holds: for the next run, for an operator when they have been tried too often, or back
/// to what they were when this was a rerun of something committed. A file that took more memory, alone, than cleaning may
/// goes to quarantine: true when one did.
pub fn release(tx: &Transaction<'_>, pipeline: &Pipeline, run: i64, why: &str, now: Instant) -> Result<bool> {
    let mut rows = files::of_run(tx, run)?;
    let alone = rows.len() == 1;
    rows.retain(|row| row.state == FileState::Claimed && row.run == Some(run));
    // Once its rows are counted it has been read, and something else took the memory.
    if let Some(row) = rows.first().filter(|row| alone && row.rows.is_none())
        && let Some(said) = died_of(tx, pipeline, run)?
        && !files::was_committed(tx, row.id)?
    {
        settle::quarantine(tx, &pipeline.name, row.id, &format!("it is too much to be cleaned: {said}"), now)?;
        return Ok(true);
    }
    for row in rows {
        let limit = pipeline.landing.max_attempts;
        if files::was_committed(tx, row.id)? {
            keep_committed(tx, row.id, why, now)?;
        } else if row.attempts >= limit {
            let reason = format!("held: {limit} runs could not use it, the last because {why}");
            files::set_state(tx, row.id, FileState::Held, &reason, now)?;
            let said = format!("{} is {reason}; mend the cause, then rerun run {run}", text::one_line(&row.key));
            events::add(tx, Level::Warn, Some(&pipeline.name), Some(run), "file", &said, now)?;
        } else {
            files::set_state(tx, row.id, FileState::Ready, &format!("free again: {why}"), now)?;
        }
    }
    Ok(false)
}

/// A rerun could not use a file that an earlier run had committed: nothing has changed for its rows.
fn keep_committed(tx: &Transaction<'_>, file: i64, why: &str, now: Instant) -> Result<()> {
    let reason = format!("its rows stay as an earlier run committed them: {why}");
    files::set_state(tx, file, FileState::Committed, &reason, now)
}

/// Quarantines a file that a worker could not use: its bytes and the reason are kept in the lake.
pub async fn keep_bytes(context: &Context, pipeline: &Pipeline, file: i64, reason: &str) -> Result<()> {
    let (name, said) = (pipeline.name.clone(), reason.to_owned());
    let row = context
        .write(move |tx, now| {
            let row = files::get(tx, file)?;
            if row.as_ref().is_some_and(|row| row.state == FileState::Claimed) {
                match files::was_committed(tx, file)? {
                    true => keep_committed(tx, file, &text::one_line(&said), now)?,
                    false => settle::quarantine(tx, &name, file, &said, now)?,
                }
            }
            Ok(row)
        })
        .await?;
    if let Some(row) = row {
        quarantine::keep(context, pipeline, &row, reason).await;
    }
    Ok(())
}

/// A file that was another version when the worker came to it: the next look at the landing enters what is there now.
pub async fn give_back_changed(context: &Context, pipeline: &Pipeline, file: i64, reason: &str) -> Result<()> {
    let name = pipeline.name.clone();
    let reason = text::one_line(reason);
    context
        .write(move |tx, now| {
            let Some(row) = files::get(tx, file)?.filter(|row| row.state == FileState::Claimed) else { return Ok(()) };
            let next = if reason.contains("vanished") { FileState::Vanished } else { FileState::Superseded };
            match files::was_committed(tx, file)? {
                true => keep_committed(tx, file, &reason, now)?,
                false => files::set_state(tx, file, next, &reason, now)?,
            }
            let said = format!("{} left the batch: {reason}", text::one_line(&row.key));
            events::add(tx, Level::Warn, Some(&name), row.run, "file", &said, now)
        })
        .await
}
