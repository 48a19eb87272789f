//! `landfall models`: versions and how they were decided on; one of them with its diagnosis.

pub mod decide;
mod export;
mod show;

use std::process::ExitCode;

use serde_json::json;

use super::arguments::{Listing, Models, ModelsVerb};
use super::{Place, print};
use crate::domain::format;
use crate::store::{self, aliases, champions, models, pipelines};

/// Prints them.
///
/// # Errors
/// When there is no state, or it cannot be read; refused when there is no such version.
pub async fn models(place: &Place, options: Models) -> anyhow::Result<ExitCode> {
    match options.what {
        None => list(place, &options.listing),
        Some(ModelsVerb::Show { version, pipeline }) => show::show(place, version, pipeline.as_deref()).await,
        Some(ModelsVerb::Export { version, to, pipeline }) => export::write(place, version, &to, pipeline.as_deref()),
        Some(what) => decide::decide(place, what).await,
    }
}

fn list(place: &Place, options: &Listing) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let (mut rows, mut documents) = (Vec::new(), Vec::new());
    for pipeline in pipelines::list(&connection)? {
        if options.pipeline.as_ref().is_some_and(|name| *name != pipeline.name) {
            continue;
        }
        let champion = champions::current(&connection, &pipeline.name)?;
        let names = aliases::by_version(&connection, &pipeline.name)?;
        for model in models::list(&connection, &pipeline.name, options.limit)? {
            let card = &model.card;
            let aliases = names.get(&card.version).cloned().unwrap_or_default();
            rows.push(vec![
                pipeline.name.clone(),
                card.version.to_string(),
                aliases.join(", "),
                card.algorithm.clone(),
                format::count(card.rows),
                print::stamp(model.made),
                card.decision.verdict.to_string(),
                card.decision.reason.clone(),
            ]);
            documents
                .push(json!({ "pipeline": pipeline.name, "champion": champion == Some(card.version), "aliases": aliases, "model": model }));
        }
    }
    if place.json {
        print::json(&documents)?;
        return Ok(ExitCode::SUCCESS);
    }
    print::table(&["pipeline", "version", "", "algorithm", "rows", "made (UTC)", "verdict", "why"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
