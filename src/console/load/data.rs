//! Datasets and their live parts.

use super::tidy::tidied;
use crate::console::place::Source;
use crate::domain::dataset::{DatasetKind, Part};
use crate::store::parts::PartRow;
use crate::store::{self, Connection};

/// Datasets that hold rows, in the order of interest.
pub const TABLES: [DatasetKind; 5] =
    [DatasetKind::Predictions, DatasetKind::Rejects, DatasetKind::Clean, DatasetKind::Metrics, DatasetKind::Output];

/// A dataset in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Which.
    pub kind: DatasetKind,
    /// Its live parts.
    pub parts: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// The datasets of a pipeline.
#[derive(Debug, Clone)]
pub struct DataPage {
    /// The pipeline.
    pub pipeline: String,
    /// Every dataset.
    pub totals: Vec<Total>,
    /// The dataset whose parts follow.
    pub kind: DatasetKind,
    /// Its live parts, newest partition first.
    pub parts: Vec<PartRow>,
}

/// What a table reads from.
#[derive(Debug, Clone)]
pub struct TablePage {
    /// What was asked for.
    pub source: Source,
    /// Places relative to the lake and rows of its parts, in order.
    pub parts: Vec<(String, u64)>,
    /// Heading.
    pub title: String,
    /// The name in its landing of the file that is shown; absent: it is a dataset.
    pub landed: Option<String>,
    /// Every dataset of the pipeline that has rows, by name, with the places of its parts: what SQL can ask.
    pub tables: Vec<(String, Vec<String>)>,
    /// Of predictions: the live parts of the history, where the rows that were predicted are.
    pub history: Vec<Part>,
}

/// Reads the datasets of a pipeline.
pub fn load(read: &Connection, pipeline: &str, kind: DatasetKind) -> store::Result<DataPage> {
    let mut totals = Vec::new();
    let mut shown = Vec::new();
    for (one, parts) in datasets(read, pipeline)? {
        let sum = |of: fn(&PartRow) -> u64| parts.iter().map(of).sum();
        totals.push(Total {
            kind: one,
            parts: parts.len() as u64,
            rows: sum(|part| part.part.rows),
            bytes: sum(|part| part.part.bytes),
        });
        if one == kind {
            shown = parts;
            shown.reverse();
        }
    }
    Ok(DataPage { pipeline: pipeline.to_owned(), totals, kind, parts: tidied(shown) })
}

/// Reads what a table is made of; `None` when none of it is live.
pub fn table(read: &Connection, source: &Source) -> store::Result<Option<TablePage>> {
    let landed = source.file.map(|file| store::files::get(read, file)).transpose()?.flatten();
    if source.file.is_some() && landed.is_none() {
        return Ok(None);
    }
    let all = datasets(read, &source.pipeline)?;
    let own = all.iter().find(|(kind, _)| landed.is_none() && *kind == source.kind);
    let mut parts = own.map(|(_, parts)| parts.clone()).unwrap_or_default();
    if let Some(id) = source.part {
        parts.retain(|part| part.id == id);
    }
    let title = match (&landed, parts.first(), source.part) {
        (Some(file), ..) => file.key.clone(),
        (None, None, _) => return Ok(None),
        (_, Some(first), Some(_)) if !first.part.partition.is_empty() => {
            format!("{} {}", source.kind.name(), first.part.partition)
        }
        (_, Some(first), Some(_)) => format!("{} of run {}", source.kind.name(), first.run),
        (_, Some(_), None) if parts.len() == 1 => source.kind.name().to_owned(),
        (_, Some(_), None) => format!("{}, all {} parts", source.kind.name(), parts.len()),
    };
    let title = super::tidy::line(&title);
    let parts = parts.into_iter().map(|part| (part.part.path, part.part.rows)).collect();
    let predictions = landed.is_none() && source.kind == DatasetKind::Predictions;
    let clean = all.iter().filter(|(kind, _)| predictions && *kind == DatasetKind::Clean).flat_map(|(_, parts)| parts);
    let history = clean.map(|row| row.part.clone()).collect();
    let places = |parts: Vec<PartRow>| parts.into_iter().map(|part| part.part.path).collect();
    let others = all.into_iter().filter(|(_, parts)| !parts.is_empty());
    let others = others.map(|(kind, parts)| (kind.name().to_owned(), places(parts))).collect();
    let landed = landed.map(|file| file.key);
    Ok(Some(TablePage { source: source.clone(), parts, title, landed, tables: others, history }))
}

/// The datasets of a pipeline that hold rows, with their live parts. Only what can be read as a table counts: a CSV twin
/// holds the same rows again.
///
/// # Errors
/// The store's.
pub fn datasets(read: &Connection, pipeline: &str) -> store::Result<Vec<(DatasetKind, Vec<PartRow>)>> {
    let of = |kind| {
        let mut parts = store::parts::live(read, pipeline, kind)?;
        parts.retain(|part| part.part.path.ends_with(".parquet"));
        Ok((kind, parts))
    };
    TABLES.into_iter().map(of).collect()
}
