//! Reading the files of a batch, several at a time.

use std::io::{BufRead, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::columnar::{self, Columnar};
use super::columns::ColumnRule;
use super::filling::Taking;
use super::rows::FileRows;
use super::source::{self, Content, Refusal, quarantine, unreadable};
use super::text::Text;
use super::unpack::members;
use super::{csv, json, threads};
use crate::domain::form::{Budget, CsvForm, FileFormat};
use crate::domain::job::{InputFile, WorkerEvent};
use crate::domain::plan::CleanPlan;
use crate::domain::text::one_line;
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
    let rules: Vec<&ColumnRule<'_>> = rules.iter().filter(|rule| rule.plan.expression.is_none()).collect();
    let mut results = in_parallel(files, &Reading { plan, rules: &rules, events });
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

fn in_parallel(files: &[InputFile], reading: &Reading<'_>) -> Vec<(usize, Result<FileRows, Refusal>)> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        while let Some((index, file)) = pick(files, &next) {
            let result = source::with(file, |content| reading.rows(content, file));
            let done = done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
            reading.events.progress(done, Some(files.len() as u64), "files", &format!("read {}", file.key));
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

/// The rows of bytes that are in no ledger.
pub(super) fn bytes(
    bytes: Vec<u8>,
    file: &InputFile,
    plan: &CleanPlan,
    rules: &[ColumnRule<'_>],
    events: &Events,
) -> Result<FileRows, StageError> {
    let rules: Vec<&ColumnRule<'_>> = rules.iter().filter(|rule| rule.plan.expression.is_none()).collect();
    let reading = Reading { plan, rules: &rules, events };
    reading.rows(&mut Cursor::new(bytes), file).map_err(|refusal| {
        let (Refusal::Quarantine(reason) | Refusal::Changed(reason)) = refusal;
        StageError::Input(format!("{}: {reason}", file.key))
    })
}

struct Reading<'a> {
    plan: &'a CleanPlan,
    rules: &'a [&'a ColumnRule<'a>],
    events: &'a Events,
}

impl Reading<'_> {
    /// The rows of all members of a file. A parser that panics on damaged bytes costs that one file.
    fn rows(&self, content: &mut dyn Content, file: &InputFile) -> Result<FileRows, Refusal> {
        catch_unwind(AssertUnwindSafe(|| self.members(content, file))).unwrap_or_else(|panic| {
            quarantine(format!("the file is damaged beyond reading: {}", panic_text(panic.as_ref())))
        })
    }

    fn members(&self, content: &mut dyn Content, file: &InputFile) -> Result<FileRows, Refusal> {
        let mut all: Option<FileRows> = None;
        members(content, self.plan.budget, |name, reader| {
            let before = all.as_ref().map_or(0, |rows| rows.records);
            let CleanPlan { budget, evolution, .. } = *self.plan;
            let (rules, events) = (self.rules, self.events);
            let mut rows = self.member(reader, Taking { file, rules, budget, evolution, before, events })?;
            let name: Option<Arc<str>> = name.map(|name| one_line(name).into());
            rows.flaws.iter_mut().for_each(|flaw| flaw.member.clone_from(&name));
            match &mut all {
                Some(all) => all.append(rows),
                None => {
                    all = Some(rows);
                    Ok(())
                }
            }
        })?;
        match all {
            Some(rows) if file.promised.is_some_and(|promised| promised != rows.records) => {
                let promised = file.promised.unwrap_or_default();
                quarantine(format!("its manifest promises {promised} rows, and it has {}", rows.records))
            }
            Some(rows) if rows.records > 0 => Ok(rows),
            _ if Columnar::of(&self.plan.format).is_some() => quarantine("the file has a schema and no rows"),
            _ if self.plan.format == FileFormat::Json => quarantine("the file has no records"),
            _ => quarantine("the file has a header and no rows"),
        }
    }

    fn member(&self, reader: &mut dyn BufRead, taking: Taking<'_>) -> Result<FileRows, Refusal> {
        let by_content = |reader: &mut dyn BufRead| -> Result<Option<Columnar>, Refusal> {
            Ok(Columnar::by_magic(reader.fill_buf().map_err(|error| unreadable(&error))?))
        };
        let columnar = match &self.plan.format {
            FileFormat::Auto(_) => by_content(reader)?,
            format => Columnar::of(format),
        };
        if let Some(form) = columnar {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
            return columnar::read(&bytes, form, taking);
        }
        match &self.plan.format {
            FileFormat::Csv(form) => {
                csv::read(&mut self.text(reader, form.encoding.as_deref(), taking.budget)?, taking, form)
            }
            FileFormat::Auto(form) => self.guessed(reader, form, taking),
            _ => json::read(&mut self.text(reader, None, taking.budget)?, taking),
        }
    }

    /// Text that begins with a bracket is JSON.
    fn guessed(&self, reader: &mut dyn BufRead, form: &CsvForm, taking: Taking<'_>) -> Result<FileRows, Refusal> {
        let mut text = self.text(reader, form.encoding.as_deref(), taking.budget)?;
        if text.rest().trim_start().starts_with(['{', '[']) {
            json::read(&mut text, taking)
        } else {
            csv::read(&mut text, taking, form)
        }
    }

    fn text<'r>(
        &self,
        reader: &'r mut dyn BufRead,
        encoding: Option<&str>,
        budget: Budget,
    ) -> Result<Text<'r>, Refusal> {
        Text::open(reader, encoding, budget.record)
    }
}
