//! One file that is in no ledger, cleaned as the files of a batch are.

use polars::prelude::DataFrame;

use super::batch::Batch;
use super::rejects::top;
use super::{columns, read};
use crate::domain::job::InputFile;
use crate::domain::plan::CleanPlan;
use crate::stages::StageError;

/// Most reasons named.
const REASONS: usize = 5;

/// The rows of one file.
#[derive(Debug)]
pub struct Single {
    /// All columns of the plan, then `_file` (0) and `_line`.
    pub rows: DataFrame,
    /// Records that could not be used.
    pub rejected: u64,
    /// Why, the most frequent reasons first: `dep_time: above the maximum 2400 (9)`.
    pub reasons: Vec<String>,
}

/// Cleans the bytes of a file called `name` (plain or gzip), by `plan`.
///
/// # Errors
/// [`StageError::Input`] when they cannot be read by the plan: what and why.
pub fn single(bytes: Vec<u8>, name: &str, plan: &CleanPlan) -> Result<Single, StageError> {
    let (key, size) = (name.to_owned(), bytes.len() as u64);
    let file = InputFile { id: 0, key, path: String::new(), bytes: size, token: String::new(), promised: None };
    let rules = columns::rules(plan);
    let rows = read::bytes(bytes, &file, plan, &rules)?;
    let batch = Batch::assemble(vec![rows], &rules)?;
    Ok(Single { rejected: batch.rejected(), reasons: top(&batch.flaws, REASONS), rows: batch.frame })
}
