//! `landfall reports`: reports that were published.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Listing;
use super::{Place, print};
use crate::domain::dataset::DatasetKind;
use crate::store::{self, parts, pipelines};

/// Prints them, newest first, with where each lies in the lake.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn reports(place: &Place, options: &Listing) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let mut found = Vec::new();
    for pipeline in pipelines::list(&connection)? {
        if options.pipeline.as_ref().is_none_or(|name| *name == pipeline.name) {
            let parts = parts::live(&connection, &pipeline.name, DatasetKind::Report)?;
            found.extend(parts.into_iter().map(|part| (pipeline.name.clone(), part)));
        }
    }
    found.sort_by_key(|(_, part)| std::cmp::Reverse(part.id));
    found.truncate(options.limit);
    if place.json {
        let documents: Vec<_> = found.iter().map(|(name, part)| json!({ "pipeline": name, "report": part })).collect();
        print::json(&documents)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|(name, row)| {
            vec![row.run.to_string(), name, print::or_dash(row.committed.map(print::stamp)), row.part.path]
        })
        .collect();
    print::table(&["run", "pipeline", "published (UTC)", "page in the lake"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
