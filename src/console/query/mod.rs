//! Questions about the rows of datasets: filter, sort, SQL, summaries, groups, exports.
//!
//! None of it is computed in the console itself. A [`Job`] goes to a process of its own (`landfall query`, started by
//! [`child`]) that can be killed the moment a newer question comes or the operator has seen enough, and whose memory
//! goes back to the system. What it finds is a Parquet file the console looks at like at any other part, or a few
//! figures.

pub mod child;
mod conditions;
mod groups;
mod save;
mod scan;
mod summary;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use nix::sys::resource::{Resource, setrlimit};
use polars::prelude::{AnyValue, LazyFrame, SortMultipleOptions, col};
use polars::sql::SQLContext;
use serde::{Deserialize, Serialize};

use crate::domain::job;
use crate::domain::location::Location;
use crate::domain::text::one_line;
use crate::domain::why::Why;

pub use super::load::data::datasets;
pub use groups::Groups;
pub use summary::{Shape, Summary};

/// What to find out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The lake.
    pub lake: Location,
    /// The tables that can be asked about; the first one is also called `data`.
    pub tables: Vec<Table>,
    /// A SELECT that takes the place of the first table; empty: that table as it is.
    pub sql: String,
    /// Only rows for which this holds; empty: all.
    pub conditions: String,
    /// Columns to sort by, each with whether the largest comes first.
    pub sort: Vec<(String, bool)>,
    /// What of it is wanted.
    pub want: Want,
}

/// A table: its files laid end to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What SQL calls it.
    pub name: String,
    /// Its files, whose endings say what is in them: absolute paths, or names in the lake.
    pub files: Vec<PathBuf>,
}

/// What of a table is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Want {
    /// All rows, as Parquet at this path.
    Rows(PathBuf),
    /// So many of the first rows, as text.
    Page(u32),
    /// What is in a column.
    Summary(String),
    /// Rows by the values of a column, and the mean of another one.
    Groups {
        /// The column whose values make the groups.
        by: String,
        /// The column whose mean is taken; none: rows are counted.
        mean: Option<String>,
    },
    /// All rows for somebody else.
    Export {
        /// Where to; its ending says in which form.
        to: PathBuf,
        /// Whether a file that is there is replaced.
        replace: bool,
        /// The columns, in order; empty: all.
        columns: Vec<String>,
    },
    /// Why a row was predicted as it was. A worker is asked this: models are its own.
    Why(Box<job::Job>),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// So many rows are at this path.
    Rows(PathBuf, u64),
    /// Names of the columns, and the rows; a cell without a value is absent. Not yet safe to show.
    Page(Vec<String>, Vec<Vec<Option<String>>>),
    /// A column.
    Summary(Summary),
    /// Groups.
    Groups(Groups),
    /// So many bytes were written there.
    Exported(PathBuf, u64),
    /// Why a row was predicted as it was.
    Why(Box<Why>),
}

/// Finds it out. Blocks, and may take as long as the data is large.
///
/// # Errors
/// One sentence for whoever asked: an unknown column, a condition that cannot be read, a file that is not there.
pub fn answer(job: &Job) -> Result<Answer, String> {
    let frame = frame(job)?;
    match &job.want {
        Want::Rows(to) => save::rows(frame, to).map(|rows| Answer::Rows(to.clone(), rows)),
        Want::Page(most) => page(frame.limit(*most)),
        Want::Summary(column) => summary::of(frame, column).map(Answer::Summary),
        Want::Groups { by, mean } => groups::of(frame, by, mean.as_deref()).map(Answer::Groups),
        Want::Export { to, replace, columns } => {
            save::export(frame, to, *replace, columns).map(|bytes| Answer::Exported(to.clone(), bytes))
        }
        Want::Why(_) => Err("a worker says why a row was predicted as it was".to_owned()),
    }
}

fn page(frame: LazyFrame) -> Result<Answer, String> {
    let read = frame.collect().map_err(said)?;
    let names = read.columns().iter().map(|column| column.name().to_string()).collect();
    let mut rows = Vec::with_capacity(read.height());
    for row in 0..read.height() {
        let cells = read.columns().iter().map(|column| {
            Ok(match column.get(row).map_err(said)? {
                AnyValue::Null => None,
                AnyValue::String(text) => Some(text.to_owned()),
                AnyValue::StringOwned(text) => Some(text.to_string()),
                other => Some(other.to_string()),
            })
        });
        rows.push(cells.collect::<Result<Vec<_>, String>>()?);
    }
    Ok(Answer::Page(names, rows))
}

/// The rows that a job is about, not yet read.
fn frame(job: &Job) -> Result<LazyFrame, String> {
    let mut frame = selected(job)?;
    if !job.conditions.trim().is_empty() {
        let schema = frame.collect_schema().map_err(said)?;
        let wanted = conditions::to_sql(&job.conditions, &schema)?;
        let mut context = SQLContext::new();
        context.register("data", frame);
        frame = context.execute(&format!("SELECT * FROM data WHERE {wanted}")).map_err(said)?;
    }
    if !job.sort.is_empty() {
        let (names, descending): (Vec<_>, Vec<_>) =
            job.sort.iter().map(|(name, down)| (col(name.as_str()), *down)).unzip();
        let options = SortMultipleOptions::default().with_order_descending_multi(descending).with_nulls_last(true);
        frame = frame.sort_by_exprs(names, options.with_maintain_order(true));
    }
    Ok(frame)
}

/// The first table, or what the SELECT makes of all of them.
fn selected(job: &Job) -> Result<LazyFrame, String> {
    let first = job.tables.first().ok_or("there is no table to ask about")?;
    if job.sql.trim().is_empty() {
        return scan::table(first, &job.lake);
    }
    let word = job.sql.trim_start_matches(['(', ' ', '\n', '\t']).split_whitespace().next().unwrap_or_default();
    if !["select", "with", "from", "show", "values"].contains(&word.to_lowercase().as_str()) {
        return Err(format!(
            "begin with SELECT: `{}` would change something, and nothing is changed here",
            one_line(word)
        ));
    }
    let mut context = SQLContext::new();
    for table in &job.tables {
        // A dataset that is empty still has no columns to ask about: SQL says that it does not know it.
        if let Ok(frame) = scan::table(table, &job.lake) {
            context.register(&table.name, frame);
        }
    }
    context.register("data", scan::table(first, &job.lake)?);
    context.execute(&job.sql).map_err(said)
}

/// What polars says, as one sentence: its first line, without the plan it prints below.
#[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn said(error: polars::prelude::PolarsError) -> String {
    let text = error.to_string();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("polars gives no reason");
    one_line(first.trim().trim_end_matches(':'))
}

/// Half of the machine's memory, and not less than this, in bytes: a question that wants more ends, and nothing else does.
const LEAST_MEMORY: u64 = 1 << 30;

/// Bounds the memory of this process. Where the system does not say how much there is, or does not bound it, nothing does.
fn limit_memory() {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let all =
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map(|kilobytes| kilobytes << 10);
    let Some(all) = all else { return };
    let most = (all / 2).max(LEAST_MEMORY);
    if let Err(error) = setrlimit(Resource::RLIMIT_DATA, most, most) {
        tracing::debug!("the memory of the query is not bounded: {error}");
    }
}

/// The process of its own: a job as JSON on standard input, up to its end, and the answer as JSON on standard output.
pub fn main() -> ExitCode {
    limit_memory();
    let mut text = String::new();
    let answer = match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => serde_json::from_str(&text).map_err(|error| error.to_string()).and_then(|job| answer(&job)),
        Err(error) => Err(error.to_string()),
    };
    let told = serde_json::to_string(&answer).unwrap_or_default();
    match std::io::stdout().write_all(told.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests;
