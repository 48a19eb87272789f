//! `landfall schema`: the columns a pipeline is pinned to and what its files have, or a proposal from a sample.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::arguments::Schema;
use super::{Place, Refused, print};
use crate::alerts::schema_change::{Header, changes, told};
use crate::config::{self, Pipeline, Workspace};
use crate::domain::dataset::{DatasetKind, Part};
use crate::domain::file::FileState;
use crate::domain::form::{CsvForm, FileFormat};
use crate::domain::location::Location;
use crate::domain::plan::ColumnType;
use crate::domain::text::one_line;
use crate::lake::Lake;
use crate::stages::clean::added::before;
use crate::stages::clean::{Inferred, infer};
use crate::store::files::HeaderRow;
use crate::store::{self, files, parts};

/// So many of the newest headers are told.
const HEADERS: usize = 200;

/// Prints it.
///
/// # Errors
/// When there is no such pipeline, the state cannot be read, or the sample is of no use.
pub fn schema(place: &Place, options: &Schema) -> anyhow::Result<ExitCode> {
    if let Some(sample) = &options.infer {
        // Before there is a configuration at all, the form is what the first bytes say.
        let format = match &options.pipeline {
            Some(name) => pipeline(&workspace(place)?, name)?.clean.format,
            None => FileFormat::Auto(CsvForm::default()),
        };
        return propose(place, sample, &format);
    }
    let Some(name) = &options.pipeline else {
        return Err(Refused("name a pipeline, or a sample with --infer".to_owned()).into());
    };
    let workspace = workspace(place)?;
    pinned(place, &pipeline(&workspace, name)?, &workspace.lake)
}

fn workspace(place: &Place) -> anyhow::Result<Workspace> {
    config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))
}

fn pipeline(workspace: &Workspace, name: &str) -> anyhow::Result<Pipeline> {
    let known = workspace.pipeline(name).cloned();
    known.ok_or_else(|| Refused(format!("there is no pipeline `{}` in this workspace", one_line(name))).into())
}

/// The columns that were inferred, as the table to pin them with.
fn propose(place: &Place, sample: &Path, format: &FileFormat) -> anyhow::Result<ExitCode> {
    let name = sample.display().to_string();
    let file = std::fs::File::open(sample).with_context(|| format!("{name} cannot be read"))?;
    let columns = infer(file, &one_line(&name), format)?;
    if place.json {
        let told = |column: &Inferred| json!({ "name": column.name, "type": column.ty, "values": column.values });
        print::json(&columns.iter().map(told).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    print::line("[columns]")?;
    for column in &columns {
        let mut table = toml_edit::DocumentMut::new();
        table[&column.name] = toml_edit::value(name_of(column.ty));
        print::line(one_line(table.to_string().trim_end()).as_str())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn name_of(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "text",
        ColumnType::Integer => "integer",
        ColumnType::Float => "float",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::Datetime => "datetime",
    }
}

fn pinned(place: &Place, pipeline: &Pipeline, lake: &Location) -> anyhow::Result<ExitCode> {
    let (headers, history) = match store::open_reader(&place.state()) {
        Ok(connection) => (
            files::headers(&connection, &pipeline.name, HEADERS)?,
            parts::live(&connection, &pipeline.name, DatasetKind::Clean)?,
        ),
        Err(store::StoreError::Missing(_)) => Default::default(),
        Err(error) => return Err(error.into()),
    };
    let history: Vec<Part> = history.into_iter().map(|row| row.part).collect();
    let plan =
        before(&pipeline.clean, &Lake::open(lake)?, &history).map_err(|error| anyhow::anyhow!(error.message()))?;
    let pinned = pipeline.clean.columns.len();
    if place.json {
        print::json(&json!({
            "columns": plan.columns[..pinned],
            "added": plan.columns[pinned..],
            "evolution": pipeline.clean.evolution,
            "changes": differences(&headers),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = plan
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let from = match &column.expression {
                None if index >= pinned => {
                    format!("{} (added: pin it in [columns] to use it)", one_line(&column.source))
                }
                Some(_) => "derived".to_owned(),
                None if column.optional => format!("{} (may be missing)", one_line(&column.source)),
                None => one_line(&column.source),
            };
            let role = serde_json::to_value(column.role).ok().and_then(|role| role.as_str().map(str::to_owned));
            vec![column.name.clone(), name_of(column.ty).to_owned(), role.unwrap_or_default(), from]
        })
        .collect();
    print::table(&["column", "type", "role", "from"], &rows)?;
    print::line(&format!("columns beyond these: {}", pipeline.clean.evolution.meaning()))?;
    for line in differences(&headers) {
        print::line(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the columns of the files changed, oldest first.
fn differences(headers: &[HeaderRow]) -> Vec<String> {
    let header = |row: &HeaderRow| Header {
        file: one_line(&row.key),
        at: row.first_seen,
        columns: row.columns.iter().map(|name| one_line(name)).collect(),
        types: row.types.clone(),
        usable: row.state != FileState::Quarantined,
    };
    let headers: Vec<Header> = headers.iter().map(header).collect();
    let mut lines = Vec::new();
    for pair in headers.windows(2) {
        let found = changes(&pair[0], &pair[1]);
        if !found.is_empty() {
            lines.push(format!(
                "{}  {} (before: {}): {}",
                print::stamp(pair[1].at),
                pair[1].file,
                pair[0].file,
                told(&found)
            ));
        }
    }
    lines
}
