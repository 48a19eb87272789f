//! `landfall data`: rows of a dataset, filtered, sorted or asked by SQL; as a table, CSV or JSON, or into a file.

use std::path::PathBuf;
use std::process::ExitCode;

use super::arguments::Data;
use super::{Place, Refused, print};
use crate::config;
use crate::console::query::child::Found;
use crate::console::query::{Answer, Job, Table, Want, answer, datasets};
use crate::domain::format;
use crate::store;
use crate::store::parts::PartRow;

/// Prints or writes them.
///
/// # Errors
/// When there is no such pipeline or dataset, or the question cannot be answered.
pub fn data(place: &Place, options: &Data) -> anyhow::Result<ExitCode> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let connection = store::open_reader(&place.state())?;
    let pipeline = match &options.pipeline {
        Some(name) => workspace.pipeline(name).map(|pipeline| pipeline.name.clone()),
        None => workspace.pipelines.first().map(|pipeline| pipeline.name.clone()),
    };
    let pipeline = pipeline.ok_or_else(|| Refused("there is no such pipeline: `landfall status` lists them".into()))?;
    let all = datasets(&connection, &pipeline)?.into_iter().filter(|(_, parts)| !parts.is_empty());
    let files = |parts: Vec<PartRow>| parts.into_iter().map(|part| part.part.path.into()).collect();
    let mut tables: Vec<Table> =
        all.map(|(kind, parts)| Table { name: kind.name().to_owned(), files: files(parts) }).collect();
    let wanted = options.dataset.as_str();
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let at = names.iter().position(|name| name == wanted);
    let at = at.ok_or_else(|| Refused(format!("{pipeline} has no rows of {wanted}; it has {}", names.join(", "))))?;
    tables.swap(0, at);
    let sort = options.sort.iter().map(|name| match name.strip_prefix('-') {
        Some(name) => (name.to_owned(), true),
        None => (name.clone(), false),
    });
    let folder = Found::new(&place.state());
    let own = folder.path().join(if place.json { "rows.json" } else { "rows.csv" });
    let plain = place.json || place.csv || options.csv;
    let export = |to: &PathBuf, replace| Want::Export { to: to.clone(), replace, columns: Vec::new() };
    let want = match &options.output {
        Some(to) => export(to, options.replace),
        None if plain => export(&own, true),
        None => Want::Page(options.limit),
    };
    if plain && options.output.is_none() {
        folder.made().map_err(anyhow::Error::msg)?;
    }
    let job = Job {
        lake: workspace.lake.clone(),
        tables,
        sql: options.sql.clone().unwrap_or_default(),
        conditions: options.conditions.clone().unwrap_or_default(),
        sort: sort.collect(),
        want,
    };
    match answer(&job) {
        Ok(Answer::Page(names, rows)) => page(&names, rows),
        Ok(Answer::Exported(path, bytes)) if options.output.is_some() => {
            print::line(&format!("written: {}, {}", path.display(), format::bytes(bytes)))
        }
        Ok(_) => std::fs::read_to_string(&own).map_err(Into::into).and_then(|text| print::out(text.trim_end())),
        Err(why) => Err(anyhow::Error::new(Refused(why))),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn page(names: &[String], rows: Vec<Vec<Option<String>>>) -> anyhow::Result<()> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).collect();
    print::table(&names, &rows)
}
