//! `landfall files`: the ledger, or the whole story of one name.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Files;
use super::{Place, Refused, print};
use crate::domain::format;
use crate::domain::text::one_line;
use crate::store::{self, Connection, files};

/// Prints it.
///
/// # Errors
/// When there is no state, it cannot be read, or no file of that name was ever seen.
pub fn files(place: &Place, options: &Files) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let pipeline = options.listing.pipeline.as_deref();
    if let Some(name) = &options.name {
        return explain(place, &connection, pipeline, name);
    }
    let list = files::list(&connection, pipeline, options.listing.limit)?;
    if place.json {
        print::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.pipeline.clone(),
                row.key.clone(),
                row.state.to_string(),
                format::bytes(row.bytes),
                row.rows.map_or("-".into(), format::count),
                row.rejected.map_or("-".into(), format::count),
                print::or_dash(row.run),
                row.reason.clone(),
            ]
        })
        .collect();
    print::table(&["file", "pipeline", "name", "state", "size", "rows", "rejected", "run", "why"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn explain(place: &Place, connection: &Connection, pipeline: Option<&str>, name: &str) -> anyhow::Result<ExitCode> {
    let versions = files::named(connection, pipeline, name)?;
    if versions.is_empty() {
        return Err(Refused(format!(
            "no file named `{name}` was ever seen: is it in the landing, and does it match the pattern?"
        ))
        .into());
    }
    if place.json {
        let told: Vec<_> = versions
            .iter()
            .map(|row| Ok(json!({ "file": row, "history": files::history(connection, row.id)? })))
            .collect::<store::Result<_>>()?;
        print::json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for row in versions {
        print::line(&format!(
            "{} in {}, version {} ({}): {}, {}",
            one_line(&row.key),
            row.pipeline,
            row.id,
            format::bytes(row.bytes),
            row.state,
            row.reason
        ))?;
        for (at, state, reason) in files::history(connection, row.id)? {
            print::line(&format!("  {}  {:<12} {}", print::stamp(at), state.name(), reason))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
