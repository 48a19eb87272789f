//! A look at a landing with everything that follows from it.

use std::time::Duration;

use crate::alerts::lifecycle::inhibit::LANDING;
use crate::config::{Landing, Pipeline};
use crate::domain::Instant;
use crate::domain::run::Cause;
use crate::lake::crash;
use crate::landing::mount;
use crate::store::{Result, pipelines};

use super::archive::archive;
use super::check::{Checked, check};
use super::context::Context;
use super::detect;
use super::life::hear;
use super::quarantine;
use super::watch::files::files as watched;
use super::watch::sizes;
use super::watch::stream::lost;

/// When an object store or a stream that could not be looked at is looked at again.
const AGAIN: chrono::Duration = chrono::Duration::minutes(1);

/// What a look led to.
#[derive(Debug)]
pub struct Visited {
    /// Its answer.
    pub checked: Checked,
    /// When to look again, and for which cause.
    pub again: Option<(Instant, Cause)>,
}

/// Looks at the landing of a pipeline; nothing when there is no such pipeline, or it is paused and nobody asked.
///
/// # Errors
/// The store's.
pub async fn visit(context: &Context, name: &str, cause: Cause, again: bool) -> Result<Option<Visited>> {
    let Some(mut pipeline) = context.pipeline(name) else { return Ok(None) };
    if cause != Cause::Manual && is_paused(context, name).await? {
        return Ok(None);
    }
    pipeline.landing.settle = settle(&pipeline.landing).await;
    archive(context, &pipeline).await?;
    let checked = check(context, &pipeline, cause, again).await?;
    crash::point("checked");
    let at = when_again(&pipeline, &checked).map(|wait| (context.now() + wait, cause));
    let run = checked.run;
    let blind = checked.answer.reason.strip_prefix("cannot look: ").map(str::to_owned);
    hear(context, &pipeline, run, move |tx, plan, now| {
        let mut verdicts = watched(tx, plan, now)?;
        verdicts.push(detect::own(LANDING, blind));
        verdicts.extend(lost(tx, plan, now)?);
        if let Some(run) = run {
            verdicts.extend(sizes::sizes(tx, plan, run)?);
        }
        verdicts.extend(sizes::counted(tx, plan, now)?);
        Ok(verdicts)
    })
    .await?;
    if !checked.quarantined.is_empty() {
        quarantine::keep_missing(context, &pipeline, &checked.quarantined).await?;
    }
    Ok(Some(Visited { checked, again: at }))
}

/// The settling time where the landing is now.
async fn settle(landing: &Landing) -> Duration {
    let (landing, configured) = (landing.clone(), landing.settle);
    tokio::task::spawn_blocking(move || mount::settle(&landing)).await.unwrap_or(configured)
}

fn when_again(pipeline: &Pipeline, checked: &Checked) -> Option<chrono::Duration> {
    let far = pipeline.landing.is_remote();
    if checked.answer.reason.starts_with("cannot look") && far {
        // A store that was busy or cut off is asked again sooner than the schedule says.
        return Some(AGAIN);
    }
    if checked.answer.settling == 0 {
        return None;
    }
    if far && pipeline.landing.marker.is_some() {
        // A marker is written when much has been put.
        return Some(AGAIN);
    }
    // An object store has to be asked over the network.
    let least = Duration::from_millis(if far { 2_000 } else { 20 });
    Some(chrono::Duration::from_std(pipeline.landing.settle.max(least)).unwrap_or_default())
}

async fn is_paused(context: &Context, name: &str) -> Result<bool> {
    let name = name.to_owned();
    context.store.read(move |c| Ok(pipelines::get(c, &name)?.is_some_and(|row| row.paused))).await
}
