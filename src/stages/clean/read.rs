//! Reading the files of a batch, several at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::columns::ColumnRule;
use super::csv::{self, Dialect};
use super::rows::FileRows;
use super::source::{self, Refusal};
use super::{parquet, threads};
use crate::domain::job::{InputFile, WorkerEvent};
use crate::domain::plan::{CleanPlan, FileFormat};
use crate::stages::worker::panic_text;
use crate::stages::{Events, StageError};

/// The rows of every usable file, in ledger order. Unusable files are announced and left out.
///
/// # Errors
/// [`StageError::Input`] when no file is left.
pub(super) fn all(
    files: &[InputFile],
    plan: &CleanPlan,
    rules: &[ColumnRule<'_>],
    events: &Events,
) -> Result<Vec<FileRows>, StageError> {
    let format = Format::of(plan)?;
    let rules: Vec<&ColumnRule<'_>> = rules.iter().filter(|rule| rule.plan.expression.is_none()).collect();
    let mut results = in_parallel(files, format, &rules, events);
    results.sort_by_key(|(index, _)| (files[*index].id, *index));
    let (mut usable, mut refused) = (Vec::with_capacity(files.len()), Vec::new());
    for (index, result) in results {
        let file = &files[index];
        match result {
            Ok(rows) => usable.push(rows),
            Err(refusal) => refused.push(announce(file, refusal, events)),
        }
    }
    if usable.is_empty() {
        let (count, first) = (refused.len(), refused.first().cloned().unwrap_or_default());
        let rest = if count > 1 { format!(" (and {} more, see the log)", count - 1) } else { String::new() };
        return Err(StageError::Input(format!("no usable file in the batch: {first}{rest}")));
    }
    Ok(usable)
}

fn announce(file: &InputFile, refusal: Refusal, events: &Events) -> String {
    let (text, event) = match refusal {
        Refusal::Quarantine(reason) => {
            (format!("{}: {reason}", file.key), WorkerEvent::Quarantine { file: file.id, reason })
        }
        Refusal::Changed(reason) => (format!("{}: {reason}", file.key), WorkerEvent::Changed { file: file.id, reason }),
    };
    events.warn(text.clone());
    events.send(event);
    text
}

fn in_parallel(
    files: &[InputFile],
    format: Format<'_>,
    rules: &[&ColumnRule<'_>],
    events: &Events,
) -> Vec<(usize, Result<FileRows, Refusal>)> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        while let Some((index, file)) = pick(files, &next) {
            let result = one(file, format, rules, events);
            let done = done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
            events.progress(done, Some(files.len() as u64), "files", &format!("read {}", file.key));
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads().min(files.len()) {
            scope.spawn(work);
        }
        work();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn pick<'f>(files: &'f [InputFile], next: &AtomicUsize) -> Option<(usize, &'f InputFile)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}

fn one(file: &InputFile, format: Format<'_>, rules: &[&ColumnRule<'_>], events: &Events) -> Result<FileRows, Refusal> {
    parse(source::read(file)?, file, format, rules, events)
}

/// The rows of bytes that are in no ledger.
pub(super) fn bytes(
    bytes: Vec<u8>,
    file: &InputFile,
    plan: &CleanPlan,
    rules: &[ColumnRule<'_>],
) -> Result<FileRows, StageError> {
    let format = Format::of(plan)?;
    let read: Vec<&ColumnRule<'_>> = rules.iter().filter(|rule| rule.plan.expression.is_none()).collect();
    source::plain(bytes).and_then(|bytes| parse(bytes, file, format, &read, &Events::new(std::io::sink()))).map_err(
        |refusal| {
            let (Refusal::Quarantine(reason) | Refusal::Changed(reason)) = refusal;
            StageError::Input(format!("{}: {reason}", file.key))
        },
    )
}

/// A parser that panics on damaged bytes costs that one file.
fn parse(
    bytes: Vec<u8>,
    file: &InputFile,
    format: Format<'_>,
    rules: &[&ColumnRule<'_>],
    events: &Events,
) -> Result<FileRows, Refusal> {
    let read = || match format {
        Format::Csv(dialect) => csv::read(&bytes, file, rules, dialect, events),
        Format::Parquet => parquet::read(bytes, file, rules, events),
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        source::quarantine(format!("the file is damaged beyond reading: {}", panic_text(panic.as_ref())))
    })
}

#[derive(Clone, Copy)]
enum Format<'p> {
    Csv(Dialect<'p>),
    Parquet,
}

impl<'p> Format<'p> {
    fn of(plan: &'p CleanPlan) -> Result<Self, StageError> {
        match &plan.format {
            FileFormat::Parquet => Ok(Self::Parquet),
            FileFormat::Csv { delimiter, nulls } => match u8::try_from(*delimiter) {
                Ok(delimiter) if delimiter.is_ascii() => Ok(Self::Csv(Dialect { delimiter, nulls })),
                _ => Err(StageError::Input(format!("the delimiter {delimiter:?} is not an ASCII character"))),
            },
        }
    }
}
