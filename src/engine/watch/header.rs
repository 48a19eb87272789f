//! Columns of the files, as they were read.

use std::collections::BTreeMap;

use crate::alerts::schema_change::{Header, changes, judge, series, told};
use crate::config::Pipeline;
use crate::domain::alert::{AlertKind, Verdict};
use crate::domain::file::FileState;
use crate::domain::text::one_line;
use crate::store::files::HeaderRow;
use crate::store::{Connection, Result, alerts, files};

/// So many of the newest headers are looked at.
const NEWEST: usize = 200;

/// Did the columns of the files change? One verdict a series.
pub fn changed(connection: &Connection, pipeline: &Pipeline) -> Result<Vec<Verdict>> {
    let mut by_series: BTreeMap<String, Vec<Header>> = BTreeMap::new();
    for row in headers(connection, pipeline)? {
        by_series.entry(one_line(&series(&row.key))).or_default().push(header(row));
    }
    let past = alerts::list(connection, Some(&pipeline.name), 400)?;
    let normal = |object: &str| {
        let of =
            |alert: &&alerts::AlertRow| alert.finding.kind == AlertKind::SchemaChange && alert.finding.object == object;
        past.iter().filter(of).filter_map(|alert| alert.normal).max()
    };
    let rule = &pipeline.alerts.schema_change;
    Ok(by_series.iter().filter_map(|(name, headers)| judge(name, headers, normal(name), rule)).collect())
}

/// The newest headers of a pipeline, oldest first.
pub fn headers(connection: &Connection, pipeline: &Pipeline) -> Result<Vec<HeaderRow>> {
    files::headers(connection, &pipeline.name, NEWEST)
}

/// What is different in a file's columns from those of the usable file of its series before it.
pub fn change(headers: &[HeaderRow], file: i64) -> Option<String> {
    let at = headers.iter().position(|row| row.id == file)?;
    let now = &headers[at];
    let usable = |row: &&HeaderRow| row.state != FileState::Quarantined && series(&row.key) == series(&now.key);
    let before = headers[..at].iter().rev().find(usable)?;
    let found = changes(&header(before.clone()), &header(now.clone()));
    (!found.is_empty()).then(|| format!("unlike {}: {}", one_line(&before.key), told(&found)))
}

fn header(row: HeaderRow) -> Header {
    Header {
        file: one_line(&row.key),
        at: row.first_seen,
        columns: row.columns,
        types: row.types,
        usable: row.state != FileState::Quarantined,
    }
}
