//! CSV bytes to typed rows.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::builder::ColumnBuilder;
use super::columns::{ColumnRule, Reason};
use super::header;
use super::records::{Record, Records};
use super::rows::{FileRows, Flaw, MOST_FLAWS};
use super::source::{Refusal, quarantine};
use crate::domain::job::InputFile;
use crate::domain::plan::system;
use crate::stages::Events;

/// How the text is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect<'p> {
    pub delimiter: u8,
    /// Spellings of null beside the empty field.
    pub nulls: &'p [String],
}

/// Reads `bytes` by the rules of the columns that are read.
pub(super) fn read(
    bytes: &[u8],
    file: &InputFile,
    rules: &[&ColumnRule<'_>],
    dialect: Dialect<'_>,
    events: &Events,
) -> Result<FileRows, Refusal> {
    let text = as_text(bytes)?;
    let mut records = Records::new(text, dialect.delimiter);
    let mut fields = Vec::new();
    let header: Vec<String> = match records.next(&mut fields) {
        Some(Record::Whole(_)) => fields.iter().map(|field| records.text(field).trim().to_owned()).collect(),
        _ => return quarantine("the first line is not a header"),
    };
    if header.iter().all(String::is_empty) {
        return quarantine("the first line is blank, where the header should be");
    }
    header::announce(file, &header, Vec::new(), events);
    let positions = header::positions(&header, rules)?;
    let mut rows = Rows::new(file, rules, positions, bytes.len() / 64 + 16);
    while let Some(record) = records.next(&mut fields) {
        match record {
            Record::Whole(place) if place.is_empty() && header.len() > 1 => {}
            Record::Whole(_) if fields.len() == header.len() => {
                rows.push(|position| records.text(&fields[position]), dialect.nulls);
            }
            Record::Whole(place) => {
                let reason = count_reason(&mut rows.counts, fields.len(), header.len());
                rows.broken(records.slice(&place), reason);
            }
            Record::Misquoted(place) => {
                rows.broken(records.slice(&place), "text after the closing quote of a field".into());
            }
            Record::Unclosed => {
                return quarantine(format!("a quote opened in record {} is never closed", rows.records + 1));
            }
        }
    }
    rows.finish(header.len())
}

fn as_text(bytes: &[u8]) -> Result<&str, Refusal> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            return quarantine(format!("the file is not UTF-8 text: line {line}, byte {}", error.valid_up_to() + 1));
        }
    };
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => quarantine(format!("the file holds NUL bytes from byte {} on: not a text file", at + 1)),
        None => Ok(text),
    }
}

/// "7 fields where the header has 12", made once for each number of fields.
fn count_reason(known: &mut Vec<(usize, Reason)>, found: usize, expected: usize) -> Reason {
    if let Some((_, reason)) = known.iter().find(|(count, _)| *count == found) {
        return reason.clone();
    }
    let fields = if found == 1 { "field" } else { "fields" };
    let reason: Reason = format!("{found} {fields} where the header has {expected}").into();
    known.push((found, reason.clone()));
    reason
}

struct Rows<'r> {
    file: &'r InputFile,
    columns: Vec<(&'r ColumnRule<'r>, Option<usize>, ColumnBuilder<'r>)>,
    lines: Vec<i64>,
    records: u64,
    rejected: Vec<usize>,
    broken: u64,
    flaws: Vec<Flaw>,
    counts: Vec<(usize, Reason)>,
    whole_record: Arc<str>,
}

impl<'r> Rows<'r> {
    fn new(file: &'r InputFile, rules: &[&'r ColumnRule<'r>], positions: Vec<Option<usize>>, rows: usize) -> Self {
        let columns =
            rules.iter().zip(positions).map(|(rule, at)| (*rule, at, ColumnBuilder::new(rule, rows))).collect();
        Self {
            file,
            columns,
            lines: Vec::with_capacity(rows),
            records: 0,
            rejected: Vec::new(),
            broken: 0,
            flaws: Vec::new(),
            counts: Vec::new(),
            whole_record: "".into(),
        }
    }

    fn push<T: AsRef<str>>(&mut self, text: impl Fn(usize) -> T, nulls: &[String]) {
        self.records += 1;
        let line = self.records as i64;
        let mut reject = false;
        for (rule, position, builder) in &mut self.columns {
            let raw = position.map(&text);
            let raw = raw.as_ref().map(AsRef::as_ref);
            let Some(reason) = builder.raw(raw, nulls) else { continue };
            reject = true;
            if self.flaws.len() < MOST_FLAWS {
                let value = raw.unwrap_or_default();
                self.flaws.push(Flaw::new(self.file.id, line, rule.name.clone(), value, reason));
            }
        }
        if reject {
            self.rejected.push(self.lines.len());
        }
        self.lines.push(line);
    }

    fn broken(&mut self, record: &str, reason: Reason) {
        self.records += 1;
        self.broken += 1;
        if self.flaws.len() < MOST_FLAWS {
            let column = self.whole_record.clone();
            self.flaws.push(Flaw::new(self.file.id, self.records as i64, column, record, reason));
        }
    }

    fn finish(self, width: usize) -> Result<FileRows, Refusal> {
        if self.records == 0 {
            return quarantine("the file has a header and no rows");
        }
        if self.broken * 2 > self.records {
            let (broken, records) = (self.broken, self.records);
            return quarantine(format!("{broken} of {records} records do not have the {width} fields of the header"));
        }
        let nulled = self.columns.iter().map(|(_, _, builder)| builder.nulled).sum();
        let height = self.lines.len();
        let mut columns: Vec<Column> = self.columns.into_iter().map(|(_, _, builder)| builder.finish()).collect();
        columns.push(Column::new_scalar(system::FILE.into(), self.file.id.into(), height));
        columns.push(Series::new(system::LINE.into(), self.lines).into());
        let frame =
            DataFrame::new(height, columns).or_else(|error| quarantine(format!("it cannot be read: {error}")))?;
        Ok(FileRows {
            id: self.file.id,
            key: self.file.key.clone(),
            bytes: self.file.bytes,
            records: self.records,
            frame,
            rejected: self.rejected,
            broken: self.broken,
            flaws: self.flaws,
            nulled,
        })
    }
}
