//! Reading the files of a batch: large ones one after the other by all threads, small ones several at a time.

use std::io::{BufRead, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::batch::Batch;
use super::cleaning::Cleaning;
use super::columnar::{self, Columnar};
use super::filling::Taking;
use super::intake::Intake;
use super::source::{self, Content, Refusal, quarantine, unreadable};
use super::text::Text;
use super::unpack::members;
use super::{csv, json, threads};
use crate::domain::form::{CsvForm, FileFormat};
use crate::domain::job::{InputFile, WorkerEvent};
use crate::domain::text::one_line;
use crate::stages::worker::panic_text;
use crate::stages::{Events, StageError};

/// A file of more blocks than this is read by all threads.
const LARGE: u64 = 4;

/// The rows of every usable file. Unusable files are announced and left out.
///
/// # Errors
/// [`StageError::Input`] when no file is left; [`StageError::Lake`] when what does not fit into memory cannot be kept on
/// disk.
pub(super) fn all<'a>(files: &'a [InputFile], cleaning: &'a Cleaning<'a>) -> Result<Batch<'a>, StageError> {
    let state =
        State { batch: Batch::new(cleaning, cleaning.pieces.memory), done: 0, refused: Vec::new(), failed: None };
    let reading = Reading { cleaning, files: files.len() as u64, state: Mutex::new(state) };
    let large = cleaning.pieces.block as u64 * LARGE;
    let (large, small): (Vec<&InputFile>, Vec<&InputFile>) = files.iter().partition(|file| file.bytes > large);
    large.into_iter().for_each(|file| reading.read(file, threads()));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(file) = small.get(next.fetch_add(1, Ordering::Relaxed)) {
            reading.read(file, 1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads().min(small.len()) {
            scope.spawn(work);
        }
        work();
    });
    reading.finish()
}

/// The rows of bytes that are in no ledger.
pub(super) fn bytes<'a>(
    bytes: Vec<u8>,
    file: &'a InputFile,
    cleaning: &'a Cleaning<'a>,
) -> Result<Batch<'a>, StageError> {
    let mut batch = rows(&mut Cursor::new(bytes), file, cleaning, threads()).map_err(|refusal| match refusal {
        Refusal::Stage(error) => *error,
        other => StageError::Input(format!("{}: {}", file.key, other.reason())),
    })?;
    batch.finish()?;
    Ok(batch)
}

struct Reading<'a> {
    cleaning: &'a Cleaning<'a>,
    files: u64,
    state: Mutex<State<'a>>,
}

struct State<'a> {
    batch: Batch<'a>,
    done: u64,
    refused: Vec<(&'a InputFile, Refusal)>,
    failed: Option<StageError>,
}

impl<'a> Reading<'a> {
    fn read(&self, file: &'a InputFile, hands: usize) {
        if self.state.lock().unwrap_or_else(PoisonError::into_inner).failed.is_some() {
            return;
        }
        let read = source::with(file, |content| rows(content, file, self.cleaning, hands));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += 1;
        let note = format!("read {}", file.key);
        self.cleaning.events.progress(state.done, Some(self.files), "files", &note);
        match read.and_then(|rows| state.batch.absorb(rows).map_err(|error| Refusal::Stage(Box::new(error)))) {
            Ok(()) => {}
            Err(Refusal::Stage(error)) => state.failed = Some(*error),
            Err(refusal) => state.refused.push((file, refusal)),
        }
    }

    fn finish(self) -> Result<Batch<'a>, StageError> {
        let State { mut batch, mut refused, failed, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        refused.sort_by_key(|(file, _)| file.id);
        let events = self.cleaning.events;
        let refused: Vec<String> = refused.into_iter().map(|(file, refusal)| announce(file, refusal, events)).collect();
        if let Some(error) = failed {
            return Err(error);
        }
        if batch.files.is_empty() {
            let (count, first) = (refused.len(), refused.first().cloned().unwrap_or_default());
            let rest = if count > 1 { format!(" (and {} more, see the log)", count - 1) } else { String::new() };
            return Err(StageError::Input(format!("no usable file in the batch: {first}{rest}")));
        }
        batch.finish()?;
        Ok(batch)
    }
}

fn announce(file: &InputFile, refusal: Refusal, events: &Events) -> String {
    let changed = matches!(refusal, Refusal::Changed(_));
    let reason = refusal.reason();
    let text = format!("{}: {reason}", file.key);
    events.warn(text.clone());
    events.send(match changed {
        true => WorkerEvent::Changed { file: file.id, reason },
        false => WorkerEvent::Quarantine { file: file.id, reason },
    });
    text
}

/// The rows of all members of a file. A parser that panics on damaged bytes costs that one file.
fn rows<'a>(
    content: &mut dyn Content,
    file: &'a InputFile,
    cleaning: &'a Cleaning<'a>,
    hands: usize,
) -> Result<Batch<'a>, Refusal> {
    let read = || all_members(content, file, cleaning, hands);
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        quarantine(format!("the file is damaged beyond reading: {}", panic_text(panic.as_ref())))
    })
}

fn all_members<'a>(
    content: &mut dyn Content,
    file: &'a InputFile,
    cleaning: &'a Cleaning<'a>,
    hands: usize,
) -> Result<Batch<'a>, Refusal> {
    let (mut intake, format) = (Intake::new(file, cleaning, hands), &cleaning.plan.format);
    members(content, cleaning.plan.budget, |name, reader| {
        let taking = intake.begin(name.map(|name| one_line(name).into()));
        member(reader, taking, &mut intake)
    })?;
    let records = intake.records();
    match file.promised {
        Some(promised) if promised != records => {
            quarantine(format!("its manifest promises {promised} rows, and it has {records}"))
        }
        _ if records > 0 => Ok(intake.finish()),
        _ if Columnar::of(format).is_some() => quarantine("the file has a schema and no rows"),
        _ if *format == FileFormat::Json => quarantine("the file has no records"),
        _ => quarantine("the file has a header and no rows"),
    }
}

fn member<'a>(reader: &mut dyn BufRead, taking: Taking<'a>, intake: &mut Intake<'a>) -> Result<(), Refusal> {
    let format = &taking.cleaning.plan.format;
    let columnar = match format {
        FileFormat::Auto(_) => Columnar::by_magic(reader.fill_buf().map_err(|error| unreadable(&error))?),
        format => Columnar::of(format),
    };
    if let Some(form) = columnar {
        return columnar::read(reader, form, taking, intake);
    }
    let defaults = CsvForm::default();
    let form = format.csv().unwrap_or(&defaults);
    let mut text = Text::open(reader, form.encoding.as_deref(), taking.budget().record)?;
    let is_json = match format {
        // Text that begins with a bracket is JSON.
        FileFormat::Auto(_) => text.rest().trim_start().starts_with(['{', '[']),
        format => *format == FileFormat::Json,
    };
    if is_json { json::read(&mut text, taking, intake) } else { csv::read(&mut text, taking, intake, form) }
}
