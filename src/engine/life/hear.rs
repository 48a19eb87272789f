//! Detectors are asked, and what they say goes through the life of alerts.

use super::{Look, apply};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::engine::context::Context;
use crate::lake::crash;
use crate::store::{Result, Transaction};

/// Asks detectors about a pipeline (`ask`) and takes what they say through the life of alerts, in one transaction.
///
/// # Errors
/// The store's.
pub async fn hear<F>(context: &Context, pipeline: &Pipeline, run: Option<i64>, ask: F) -> Result<()>
where
    F: FnOnce(&Transaction<'_>, &Pipeline, Instant) -> Result<Vec<Verdict>> + Send + 'static,
{
    let (pipeline, workspace) = (pipeline.clone(), context.workspace());
    let changed = context.write(move |tx, now| {
        let verdicts = ask(tx, &pipeline, now)?;
        let look = Look { pipeline: &pipeline.name, verdicts: &verdicts, run, timer: false };
        apply(tx, &workspace, &look, now)
    });
    if changed.await? {
        crash::point("alert-recorded");
    }
    Ok(())
}
