//! `landfall files`: the ledger, or the whole story of one name.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Files;
use super::{Place, Refused, print};
use crate::config;
use crate::domain::format;
use crate::domain::text::one_line;
use crate::landing::absent;
use crate::store::files::FileRow;
use crate::store::streams::StreamRow;
use crate::store::{self, Connection, files, ledger, streams};

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
    let progress = streams::list(&connection, pipeline)?;
    if options.streams {
        if place.json {
            print::json(&progress)?
        } else {
            partitions(&progress)?
        }
        return Ok(ExitCode::SUCCESS);
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
    if !progress.is_empty() {
        print::line("")?;
        partitions(&progress)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How far streams are read.
fn partitions(progress: &[StreamRow]) -> anyhow::Result<()> {
    let row = |row: &StreamRow| {
        vec![
            row.pipeline.clone(),
            one_line(&row.partition),
            one_line(&row.position),
            format::count(row.behind),
            format::count(row.records),
            format::count(row.batches),
            format::count(row.lost),
            print::stamp(row.looked),
        ]
    };
    let head = ["stream", "partition", "position", "behind", "records", "batches", "lost", "looked at"];
    print::table(&head, &progress.iter().map(row).collect::<Vec<_>>())
}

fn explain(place: &Place, connection: &Connection, pipeline: Option<&str>, name: &str) -> anyhow::Result<ExitCode> {
    let versions = files::named(connection, pipeline, name)?;
    if versions.is_empty() {
        return Err(Refused(never_taken(place, pipeline, name)?).into());
    }
    if place.json {
        let told: Vec<_> = versions
            .iter()
            .map(|row| Ok(json!({ "file": row, "history": ledger::transitions(connection, row.id)? })))
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
        for fact in facts(connection, &row)? {
            print::line(&format!("  {fact}"))?;
        }
        for step in ledger::transitions(connection, row.id)? {
            let run = step.run.map(|run| format!(" (run {run})")).unwrap_or_default();
            print::line(&format!("  {}  {:<12} {}{run}", print::stamp(step.at), step.state.name(), step.reason))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Why the ledger has no file of this name.
fn never_taken(place: &Place, pipeline: Option<&str>, name: &str) -> anyhow::Result<String> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let wanted = workspace.pipelines.iter().filter(|one| pipeline.is_none_or(|name| one.name == name));
    let rules: Vec<String> =
        wanted.filter_map(|one| Some(format!("{}: {}", one.name, absent::why(&one.landing, name)?))).collect();
    let said = match rules.as_slice() {
        [] => "it is not in the landing".to_owned(),
        rules => format!("in {}", rules.join("; in ")),
    };
    Ok(format!("no file named `{}` was ever taken: {said}", one_line(name)))
}

/// What is known of a version beside its steps.
fn facts(connection: &Connection, row: &FileRow) -> store::Result<Vec<String>> {
    let mut facts = Vec::new();
    if !row.source.is_empty() {
        facts.push(format!("landed in {}", one_line(&row.source)));
    }
    if let Some(rule) = &row.rule {
        facts.push(format!("complete by the rule: {}", one_line(rule)));
    }
    if let Some(rows) = row.rows {
        let rejected = row.rejected.map_or(String::new(), |n| format!(", {} rejected", format::count(n)));
        facts.push(format!("{}{rejected}", format::counted(rows, "row")));
    }
    if let (Some(from), Some(to)) = (row.data_from, row.data_to) {
        facts.push(format!("its data is of {} to {}", print::stamp(from), print::stamp(to)));
    }
    if let Some(other) = row.other.map(|other| files::get(connection, other)).transpose()?.flatten() {
        facts.push(format!("see version {} of {}: {}", other.id, one_line(&other.key), other.state));
    }
    if let Some(path) = &row.archived {
        facts.push(format!("lies in {}", one_line(path)));
    }
    Ok(facts)
}
