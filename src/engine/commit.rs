//! The commit of a run: staged objects to their final names, then one transaction, then the pointer.
//!
//! The transaction is the commit: before it readers of the catalogue see nothing of the run, after it everything. A
//! crash before it is rolled forward or back at the next start ([`super::recover`]).

use serde_json::json;

use crate::config::Pipeline;
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::model::Verdict;
use crate::domain::{Instant, run::RunState};
use crate::lake::{LakeError, commit as protocol, crash, layout};
use crate::store::{Result, StoreError, Transaction, champions, events, files, models, parts, pipelines, runs, stages};

use super::context::Context;
use super::deliver::deliver;
use super::late::late;
use super::rollback;
use super::worker::Ended;

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It did happen, but not all of it is at the place of the output.
    #[error("it is committed, but its output is not at {place} yet: {error}; the next commit tries again")]
    Output {
        /// The place.
        place: String,
        /// Why.
        error: LakeError,
    },
    /// It did happen, but readers are not pointed to it.
    #[error("run {run} is committed, but latest.json does not point to it yet: {error}")]
    Pointer {
        /// The run.
        run: i64,
        /// Why.
        error: LakeError,
    },
}

/// A failed commit as the end of the stage that asked for it.
pub fn as_failure(error: &CommitError) -> Ended {
    let (class, retry) = match error {
        CommitError::Lake(error) => ("lake", error.may_pass()),
        CommitError::Store(_) => ("store", true),
        // The run is committed: every later commit and the next start point again, another attempt would publish twice.
        CommitError::Pointer { .. } | CommitError::Output { .. } => ("lake", false),
    };
    let message = match error {
        CommitError::Pointer { .. } | CommitError::Output { .. } => error.to_string(),
        _ => format!("nothing of it was published: {error}"),
    };
    Ended::Failed { class: class.into(), message, retry }
}

/// Commits what the run has staged. Doing it again after a failure or a crash does the rest.
///
/// # Errors
/// When an object is missing or damaged, the lake cannot be written, or the store cannot.
pub async fn commit(context: &Context, pipeline: &Pipeline, run: i64) -> std::result::Result<(), CommitError> {
    let staged = staged(context, run).await?;
    protocol::verify(&context.lake, &staged).await?;
    context.write(move |tx, now| runs::set_committing(tx, run, now)).await?;
    crash::point("commit-begun");
    finish(context, pipeline, run, &staged).await
}

/// Commits what a stage of a run that is committed already has made since: the report, say.
///
/// # Errors
/// As [`commit`].
pub async fn commit_more(context: &Context, pipeline: &Pipeline, run: i64) -> std::result::Result<(), CommitError> {
    let staged = staged(context, run).await?;
    if staged.is_empty() {
        return Ok(());
    }
    protocol::verify(&context.lake, &staged).await?;
    finish(context, pipeline, run, &staged).await
}

/// The second half: also what recovery does for a run whose commit had begun.
pub async fn finish(
    context: &Context,
    pipeline: &Pipeline,
    run: i64,
    staged: &[Artifact],
) -> std::result::Result<(), CommitError> {
    if let Err(error) = protocol::roll_forward(&context.lake, staged).await {
        take_back(context, pipeline, run, staged).await?;
        return Err(error.into());
    }
    let (plan, kinds) = (pipeline.clone(), kinds(staged));
    context.write(move |tx, now| transaction(tx, &plan, run, &kinds, now)).await?;
    crash::point("commit-recorded");
    match point(context, pipeline).await {
        Err(CommitError::Lake(error)) => Err(CommitError::Pointer { run, error }),
        other => other,
    }
}

/// Undoes a commit that stopped half way, so that a rerun finds what was staged.
async fn take_back(context: &Context, pipeline: &Pipeline, run: i64, staged: &[Artifact]) -> Result<()> {
    match protocol::take_back(&context.lake, staged).await {
        Ok(()) => context.write(move |tx, _| runs::clear_committing(tx, run)).await,
        Err(error) => {
            let said = format!("what run {run} had moved into place could not be taken back: {error}");
            context.note(Level::Error, Some(&pipeline.name), Some(run), "publish", &said).await;
            Ok(())
        }
    }
}

/// What the run has staged for good.
pub async fn staged(context: &Context, run: i64) -> Result<Vec<Artifact>> {
    let rows = context.store.read(move |connection| parts::staged(connection, run)).await?;
    Ok(rows.iter().filter(|row| row.part.kind != DatasetKind::Batch).map(parts::PartRow::artifact).collect())
}

fn kinds(staged: &[Artifact]) -> Vec<DatasetKind> {
    staged.iter().map(|artifact| artifact.part.kind).collect()
}

fn transaction(tx: &Transaction<'_>, pipeline: &Pipeline, run: i64, kinds: &[DatasetKind], now: Instant) -> Result<()> {
    let name = &pipeline.name;
    parts::commit(tx, name, run, now)?;
    if kinds.contains(&DatasetKind::Clean) {
        pipelines::next_generation(tx, name)?;
    }
    crown(tx, name, run, now)?;
    late(tx, pipeline, run, now)?;
    for row in files::of_run(tx, run)? {
        if row.state == FileState::Claimed && row.run == Some(run) {
            files::set_state(
                tx,
                row.id,
                FileState::Committed,
                &format!("its rows are in the lake since run {run}"),
                now,
            )?;
        }
    }
    runs::set_committed(tx, run, now)?;
    rollback::when_worse(tx, pipeline, run, now)
}

/// A challenger that earned it serves from this commit on, unless an operator changed the champion meanwhile: then it
/// was judged against one that no longer serves.
fn crown(tx: &Transaction<'_>, pipeline: &str, run: i64, now: Instant) -> Result<()> {
    let Some(row) = models::of_run(tx, run)?.filter(|row| row.committed.is_none()) else { return Ok(()) };
    models::commit(tx, run, now)?;
    let decision = &row.card.decision;
    let began = runs::get(tx, run)?.and_then(|run| run.started);
    let reign = champions::list(tx, pipeline, 1)?.pop();
    if let Some(reign) = reign.filter(|reign| reign.run.is_none() && began.is_some_and(|began| reign.at > began))
        && decision.verdict == Verdict::Promoted
    {
        let (version, who, serving) = (row.card.version, &reign.who, reign.version);
        let said = format!("version {version} does not serve: {who} decided for version {serving} while it was judged");
        return events::add(tx, Level::Warn, Some(pipeline), Some(run), "model", &said, now);
    }
    if decision.verdict == Verdict::Promoted {
        champions::crown(tx, pipeline, row.card.version, Some(run), "landfall", &decision.reason, now)?;
    }
    let said = format!("version {} {}: {}", row.card.version, decision.verdict, decision.reason);
    events::add(tx, Level::Info, Some(pipeline), Some(run), "model", &said, now)
}

/// Points readers of the predictions to the newest publication, unless they are already.
///
/// # Errors
/// The lake's or the store's.
pub async fn point(context: &Context, pipeline: &Pipeline) -> std::result::Result<(), CommitError> {
    let name = pipeline.name.clone();
    let (champion, live) = context
        .store
        .read(move |connection| {
            let live = parts::live(connection, &name, DatasetKind::Predictions)?;
            Ok((champions::current(connection, &name)?, live))
        })
        .await?;
    // The run that published last: none of its predictions has been replaced yet.
    let Some(run) = live.iter().map(|row| row.run).max() else { return deliver(context, pipeline).await };
    let parts: Vec<_> = live
        .iter()
        .filter(|row| row.part.path.ends_with(".parquet"))
        .map(|row| json!({ "day": row.part.partition, "path": row.part.path, "rows": row.part.rows, "blake3": row.part.hash }))
        .collect();
    if points_to(context, pipeline, &json!([run, champion, parts])).await? {
        return deliver(context, pipeline).await;
    }
    let latest = json!({
        "pipeline": pipeline.name,
        "run": run,
        "committed": context.now(),
        "champion": champion,
        "manifest": layout::manifest(&pipeline.name, run),
        "parts": parts,
    });
    protocol::write_latest(&context.lake, &pipeline.name, &latest).await?;
    deliver(context, pipeline).await
}

/// Whether the pointer names this run, champion and exactly these parts. One that cannot be read as JSON does not.
async fn points_to(
    context: &Context,
    pipeline: &Pipeline,
    wanted: &serde_json::Value,
) -> std::result::Result<bool, CommitError> {
    let path = layout::latest(&pipeline.name);
    if context.lake.head(&path).await?.is_none() {
        return Ok(false);
    }
    let found: serde_json::Value = serde_json::from_slice(&context.lake.get(&path).await?).unwrap_or_default();
    Ok(json!([found["run"], found["champion"], found["parts"]]) == *wanted)
}

/// Retires staging areas nobody can need any more: those of all but the newest three runs of a pipeline that are over.
///
/// # Errors
/// The lake's or the store's; what is left is found by the next sweep.
pub async fn sweep(context: &Context, pipeline: &Pipeline) -> std::result::Result<(), CommitError> {
    const KEPT: usize = 3;
    let name = pipeline.name.clone();
    let old = context
        .write(move |tx, _| {
            let over: Vec<i64> = runs::list(tx, Some(&name), None, 60)?
                .into_iter()
                .filter(|run| run.state.is_final())
                .skip(KEPT)
                .map(|run| run.id)
                .collect();
            let mut old = Vec::new();
            for run in over {
                if !parts::staged(tx, run)?.is_empty() {
                    parts::drop_staged(tx, run, None)?;
                    old.push(run);
                }
            }
            Ok(old)
        })
        .await?;
    let needed = context.store.read(parts::staging_in_use).await?;
    for run in old {
        let folder = format!("{}/{run}", layout::STAGING);
        if !needed.iter().any(|staged| staged.starts_with(&format!("{folder}/"))) {
            protocol::roll_back(&context.lake, &folder).await?;
        }
    }
    Ok(())
}

/// Whether a run's outcome leaves its publish stage done although its engine died before saying so.
pub fn publish_is_done(committed: bool, kind: crate::domain::run::StageKind) -> bool {
    committed && kind == crate::domain::run::StageKind::Publish
}

/// How a run stands that its engine left behind.
pub fn left_behind(committed: bool, stages: &[stages::StageRow]) -> RunState {
    let all_done = stages.iter().all(|stage| stage.state.is_success() || publish_is_done(committed, stage.kind));
    match (committed, all_done) {
        (true, true) => RunState::Succeeded,
        (true, false) => RunState::Partial,
        (false, _) => RunState::Interrupted,
    }
}
