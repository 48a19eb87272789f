//! What a pipeline has published, also at another place than the lake.
//!
//! The lake's commit comes first; the copy follows it by the same protocol: staged, verified, moved to names that never
//! change, and the pointer last. What could not be delivered is delivered with the next commit, or when an engine
//! starts.

use std::collections::HashSet;
use std::fs::File;

use crate::config::Pipeline;
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::location::Location;
use crate::lake::{Lake, LakeError, commit as protocol, crash, layout};
use crate::store::parts;

use super::commit::CommitError;
use super::context::Context;

/// What readers outside are given.
const PUBLISHED: [DatasetKind; 4] =
    [DatasetKind::Predictions, DatasetKind::Metrics, DatasetKind::Output, DatasetKind::Report];

/// Brings the output of a pipeline up to what is live in the lake; does nothing when the workspace names no output.
///
/// # Errors
/// The store's, or [`CommitError::Output`].
pub async fn deliver(context: &Context, pipeline: &Pipeline) -> Result<(), CommitError> {
    let Some(place) = context.workspace().output.clone() else { return Ok(()) };
    let name = pipeline.name.clone();
    let live = context
        .store
        .read(move |c| {
            let live: crate::store::Result<Vec<_>> =
                PUBLISHED.iter().map(|kind| parts::live(c, &name, *kind)).collect();
            Ok(live?.concat().into_iter().map(|row| row.part).collect::<Vec<Part>>())
        })
        .await?;
    copy(context, pipeline, &place, live).await.map_err(|error| CommitError::Output { place: place.to_string(), error })
}

async fn copy(context: &Context, pipeline: &Pipeline, place: &Location, live: Vec<Part>) -> Result<(), LakeError> {
    let output = Lake::open(place)?;
    let mut there = HashSet::new();
    for kind in PUBLISHED {
        let folder = format!("{}/{}", kind.name(), pipeline.name);
        there.extend(output.list(&folder).await?.into_iter().map(|object| (object.path, object.bytes)));
    }
    let staging = format!("{}/output-{}", layout::STAGING, pipeline.name);
    let missing: Vec<Artifact> = live
        .into_iter()
        .filter(|part| !there.contains(&(part.path.clone(), part.bytes)))
        .map(|part| Artifact { staged: format!("{staging}/{}", part.path), part, replaces: false })
        .collect();
    for artifact in &missing {
        let copy = context.lake.copied(&artifact.part.path).await?;
        let copy = File::open(&copy).map_err(|error| LakeError::from_io(&artifact.part.path, &error))?;
        output.take_in(copy, &artifact.staged).await?;
    }
    protocol::verify(&output, &missing).await?;
    crash::point("output-staged");
    protocol::roll_forward(&output, &missing).await?;
    crash::point("output-moved");
    let latest = layout::latest(&pipeline.name);
    let pointer = match context.lake.get(&latest).await {
        Err(LakeError::Missing { .. }) => return Ok(()),
        pointer => pointer?,
    };
    let known = match output.get(&latest).await {
        Err(LakeError::Missing { .. }) => None,
        known => Some(known?),
    };
    if known.as_ref() != Some(&pointer) {
        output.put(&latest, pointer).await?;
    }
    Ok(())
}
