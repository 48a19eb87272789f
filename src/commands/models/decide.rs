//! What an operator decides about model versions: who serves, and what versions are called.

use std::process::ExitCode;

use super::super::arguments::ModelsVerb;
use super::super::{Place, Refused, operate};
use crate::config;
use crate::domain::wire::Command;

/// Asks the engine for it.
///
/// # Errors
/// When it is refused, no engine can be had, or it is not clear of which pipeline.
pub async fn decide(place: &Place, what: ModelsVerb) -> anyhow::Result<ExitCode> {
    let command = match what {
        ModelsVerb::Promote { version, reason, pipeline } => {
            Command::Promote { pipeline: named(place, pipeline)?, version, reason }
        }
        ModelsVerb::Rollback { reason, pipeline } => Command::Rollback { pipeline: named(place, pipeline)?, reason },
        ModelsVerb::Alias { name, version, remove: _, reason, pipeline } => {
            Command::Alias { pipeline: named(place, pipeline)?, name, version, reason }
        }
        other => anyhow::bail!("{other:?} is no decision"),
    };
    operate::once(place, command).await
}

/// The pipeline asked for, or the only one.
pub fn named(place: &Place, wanted: Option<String>) -> anyhow::Result<String> {
    if let Some(name) = wanted {
        return Ok(name);
    }
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
    match workspace.pipelines.as_slice() {
        [only] => Ok(only.name.clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|pipeline| pipeline.name.as_str()).collect();
            Err(Refused(format!("there is more than one pipeline: say --pipeline {}", names.join(" or "))).into())
        }
    }
}
