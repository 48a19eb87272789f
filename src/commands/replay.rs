//! `landfall replay RUN`: train once more from what a run trained from, and prove that the same model comes out.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::ReplayRun;
use super::{Place, Refused, print};
use crate::config;
use crate::domain::dataset::Artifact;
use crate::domain::format::{count, counted};
use crate::domain::job::{Work, WorkerEvent};
use crate::domain::model::ModelCard;
use crate::domain::text::one_line;
use crate::engine::alone;
use crate::engine::replay::{Replay, prepare};
use crate::lake::Lake;
use crate::store::{self, StoreError};

/// Says whether it is bit for bit the same (exit code 0), or what differs (1).
///
/// # Errors
/// Refused when the run made no version, or what it was made from is gone.
pub async fn replay(place: &Place, options: &ReplayRun) -> anyhow::Result<ExitCode> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
    let connection = store::open_reader(&place.state())?;
    let prepared = prepare(&connection, &workspace, options.run, chrono::Utc::now()).map_err(|error| match error {
        StoreError::Forbidden(why) => Refused(one_line(&why)).into(),
        other => anyhow::Error::from(other),
    });
    let Replay { model, job, mut changed } = prepared?;
    let lake = Lake::open(&workspace.lake)?;
    let Work::Train(work) = &job.work else { anyhow::bail!("the job of a replay trains") };
    for part in &work.history {
        if lake.head(&part.path).await?.is_none() {
            return Err(Refused(format!(
                "{} is no longer in the lake: run {} cannot be replayed",
                part.path, options.run
            ))
            .into());
        }
    }
    let Some(pipeline) = workspace.pipeline(&job.pipeline) else { anyhow::bail!("the pipeline is gone") };
    let (mut again, mut staged) = (None::<ModelCard>, Vec::<Artifact>::new());
    let done = alone::work(pipeline, &job, |event| match event {
        WorkerEvent::Model(card) => again = Some(*card),
        WorkerEvent::Artifact(artifact) => staged.push(artifact),
        _ => {}
    })
    .await;
    let found = differing(&lake, &staged).await;
    alone::tidy(&workspace, &job).await?;
    done?;
    let Some(again) = again else { anyhow::bail!("training made no version this time: {}", changed.join("; ")) };
    let same = again.hash == model.card.hash;
    if !same {
        changed.extend(program(&lake, &model.card).await);
        if again.data != model.card.data {
            changed.push("the training rows are not the same".to_owned());
        }
        if again.algorithm != model.card.algorithm {
            changed.push(format!("{} won, not {}", again.algorithm, model.card.algorithm));
        }
        changed.extend(found?.into_iter().map(|file| format!("{file} differs")));
    }
    told(place, options.run, &model.card, &again, (same, &changed), work.history.len())
}

/// Files of the bundle whose bytes are not those in the lake; the manifest has instants, so it says nothing.
async fn differing(lake: &Lake, staged: &[Artifact]) -> anyhow::Result<Vec<String>> {
    let mut differing = Vec::new();
    for artifact in staged.iter().filter(|artifact| !artifact.part.path.ends_with("/manifest.json")) {
        let was = match lake.head(&artifact.part.path).await? {
            Some(_) => Some(lake.get(&artifact.part.path).await?),
            None => None,
        };
        if was != Some(lake.get(&artifact.staged).await?) {
            differing.push(one_line(&artifact.part.path));
        }
    }
    Ok(differing)
}

/// Whether another version of this program made it.
async fn program(lake: &Lake, card: &ModelCard) -> Option<String> {
    let bytes = lake.get(&format!("{}/manifest.json", card.bundle)).await.ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let (made, this) = (manifest["stamp"]["landfall"].as_str()?, env!("CARGO_PKG_VERSION"));
    (made != this).then(|| format!("it was made by Landfall {}, this is {this}", one_line(made)))
}

fn told(
    place: &Place,
    run: i64,
    card: &ModelCard,
    again: &ModelCard,
    (same, changed): (bool, &[String]),
    parts: usize,
) -> anyhow::Result<ExitCode> {
    if place.json {
        print::json(&json!({
            "run": run, "version": card.version, "same": same,
            "hash": card.hash, "hash_now": again.hash, "differences": changed,
        }))?;
    } else {
        let from = format!("{} rows of {}, seed {}", count(again.rows), counted(parts as u64, "part"), again.seed);
        print::line(&format!("version {} of run {run}, trained once more from {from}", card.version))?;
        match same {
            true => print::line(&format!("bit for bit the same: {}", card.hash))?,
            false => print::line(&format!("not the same: {}, and now {}", card.hash, again.hash))?,
        }
        for what in changed {
            print::line(&format!("  {what}"))?;
        }
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
