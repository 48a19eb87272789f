//! One file that is in no ledger, cleaned as the files of a batch are.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::DataFrame;

use super::cleaning::{Cleaning, Pieces};
use super::{columns, read};
use crate::domain::job::{InputFile, WorkerEvent};
use crate::domain::plan::CleanPlan;
use crate::stages::{Events, StageError};

/// Most reasons named.
const REASONS: usize = 5;

/// The rows of one file.
#[derive(Debug)]
pub struct Single {
    /// All columns of the plan, then `_file` (0) and `_line`.
    pub rows: DataFrame,
    /// Records that could not be used.
    pub rejected: u64,
    /// Values that could not be used and were read as missing.
    pub nulled: u64,
    /// Columns of the file that no column of the plan reads.
    pub unread: Vec<String>,
    /// Why records could not be used, the most frequent reasons first: `dep_time: above the maximum 2400 (9)`.
    pub reasons: Vec<String>,
}

/// Cleans the bytes of a file called `name` (plain, gzip, zstd or zip), by `plan`.
///
/// # Errors
/// [`StageError::Input`] when they cannot be read by the plan: what and why.
pub fn single(bytes: Vec<u8>, name: &str, plan: &CleanPlan) -> Result<Single, StageError> {
    let (key, size) = (name.to_owned(), bytes.len() as u64);
    let file = InputFile { id: 0, key, path: String::new(), bytes: size, token: String::new(), promised: None };
    let rules = columns::rules(plan);
    let said = Said::default();
    let events = Events::new(said.clone());
    let cleaning = Cleaning::new(plan, &rules, &events, Pieces::default(), None);
    let batch = read::bytes(bytes, &file, &cleaning)?;
    Ok(Single {
        rejected: batch.rejected(),
        nulled: batch.nulled,
        unread: said.header().into_iter().filter(|name| plan.columns.iter().all(|c| c.source != *name)).collect(),
        reasons: batch.tally.top(REASONS),
        rows: batch.frame,
    })
}

/// What reading said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Said {
    /// The names of the file's columns, as far as it has names.
    fn header(&self) -> Vec<String> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let events = said.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let columns = |event| if let WorkerEvent::Header { columns, .. } = event { Some(columns) } else { None };
        events.into_iter().find_map(columns).unwrap_or_default()
    }
}
