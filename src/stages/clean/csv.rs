//! Separated values to typed rows.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::columns::Reason;
use super::filling::{Filling, Taking};
use super::infer::Sample;
use super::intake::Intake;
use super::records::{Field, Record, Records, boundary};
use super::rows::{Rows, Stop};
use super::source::{Refusal, quarantine};
use super::text::Text;
use super::{blocks, header, rescue};
use crate::domain::form::CsvForm;

/// Reads a text in `form`, the member that `taking` was begun with.
pub(super) fn read(
    text: &mut Text<'_>,
    taking: Taking<'_>,
    intake: &mut Intake<'_>,
    form: &CsvForm,
) -> Result<(), Refusal> {
    let dialect = Dialect::of(form)?;
    let header = if form.header {
        named(text, dialect)?
    } else {
        taking.rules().iter().map(|rule| rule.plan.source.clone()).collect()
    };
    header::few_enough(header.len(), taking.budget())?;
    header::announce(taking, &header, Vec::new());
    let positions = header::positions(&header, taking)?;
    let rescue = rescue::Rescue::of(&header, taking.rules());
    let table = Table { taking, form, dialect, width: header.len(), positions, rescue };
    let end = |text: &str| boundary(text, dialect.delimiter, dialect.quote);
    let (block, most) = (taking.cleaning.pieces.block, taking.budget().record);
    intake.skip(text.line());
    blocks::each(
        text,
        block,
        taking.hands,
        end,
        |block| table.rows(block),
        |rows| intake.take(rows.map_err(|stop| stop.refusal(intake.records(), most))?),
    )?;
    intake.end(&format!("do not have the {} fields of the header", header.len()))
}

/// What all blocks of a text have in common.
struct Table<'t> {
    taking: Taking<'t>,
    form: &'t CsvForm,
    dialect: Dialect,
    /// Fields a record has.
    width: usize,
    /// Field of each of the columns that are read.
    positions: Vec<Option<usize>>,
    rescue: Option<rescue::Rescue<'t>>,
}

impl Table<'_> {
    fn rows(&self, block: &str) -> Result<Rows, Stop> {
        let mut rows = Filling::new(self.taking, self.form.decimal, block.len());
        let (mut counts, mut fields) = (Vec::new(), Vec::new());
        let longest = self.taking.budget().record;
        let mut records = Records::new(block, self.dialect.delimiter, self.dialect.quote);
        loop {
            rows.at = Some(records.at());
            let Some(record) = records.next(&mut fields) else { break };
            match record {
                Record::Unclosed => return Err(Stop::Unclosed(rows.records + 1)),
                Record::Whole(place) | Record::Misquoted(place) if place.len() as u64 > longest => {
                    return Err(Stop::Long(rows.records + 1));
                }
                Record::Whole(place) if place.is_empty() && self.width > 1 => {}
                Record::Whole(_) if fields.len() == self.width => self.push(&records, &fields, &mut rows),
                Record::Whole(place) => {
                    rows.broken(records.slice(&place), count_reason(&mut counts, fields.len(), self.width));
                }
                Record::Misquoted(place) => {
                    rows.broken(records.slice(&place), "text after the closing quote of a field".into());
                }
            }
        }
        Ok(rows.finish()?.of_lines(block))
    }

    #[inline]
    fn push(&self, records: &Records<'_>, fields: &[Field], rows: &mut Filling<'_>) {
        let text = |at: usize| records.text(&fields[at]);
        let rescued = self.rescue.as_ref().map(|rescue| (rescue.rule, rescue.json(text)));
        let raw = |rule: usize| match &rescued {
            Some((at, json)) if *at == rule => json.as_deref().map(Cow::Borrowed),
            _ => self.positions[rule].map(text),
        };
        rows.push(raw, &self.form.nulls);
    }
}

/// Shows the columns of a text in `form`, and values of them, to `sample`.
pub(super) fn fields(text: &mut Text<'_>, form: &CsvForm, sample: &mut Sample) -> Result<(), Refusal> {
    let dialect = Dialect::of(form)?;
    let columns = sample.header(&named(text, dialect)?);
    if columns.iter().all(Option::is_none) {
        return Ok(());
    }
    each(text, dialect, |records, record, fields| {
        if matches!(record, Record::Whole(_)) && fields.len() == columns.len() {
            for (column, field) in columns.iter().zip(fields) {
                let Some(column) = column else { continue };
                let value = records.text(field);
                if !value.trim().is_empty() && !form.nulls.iter().any(|null| *null == value.trim()) {
                    sample.value(*column, &with_point(&value, form.decimal));
                }
            }
        }
        Ok(sample.next())
    })
}

/// A value with a point where a number's fraction begins, and a comma where a point would be read as that.
fn with_point(value: &str, decimal: char) -> Cow<'_, str> {
    if decimal == '.' || !value.contains(['.', decimal]) {
        return Cow::Borrowed(value);
    }
    let swapped = |c| {
        if c == decimal {
            '.'
        } else if c == '.' {
            decimal
        } else {
            c
        }
    };
    Cow::Owned(value.chars().map(swapped).collect())
}

#[derive(Clone, Copy)]
struct Dialect {
    delimiter: u8,
    quote: u8,
}

impl Dialect {
    fn of(form: &CsvForm) -> Result<Self, Refusal> {
        let ascii = |c: char, what: &str| match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => Ok(byte),
            _ => quarantine(format!("the {what} {c:?} of the pipeline is not an ASCII character")),
        };
        let quote = form.quote.map_or(Ok(0), |quote| ascii(quote, "quote"))?;
        Ok(Self { delimiter: ascii(form.delimiter, "delimiter")?, quote })
    }
}

/// The names in the first record.
fn named(text: &mut Text<'_>, dialect: Dialect) -> Result<Vec<String>, Refusal> {
    let mut header = None;
    each(text, dialect, |records, record, fields| {
        if matches!(record, Record::Whole(_)) {
            header = Some(fields.iter().map(|field| records.text(field).trim().to_owned()).collect::<Vec<_>>());
        }
        Ok(ControlFlow::Break(()))
    })?;
    match header {
        Some(header) if header.iter().all(String::is_empty) => {
            quarantine("the first line is blank, where the header should be")
        }
        Some(header) => Ok(header),
        None => quarantine("the first line is not a header"),
    }
}

/// Gives every record from here on to `take`, until it breaks off.
fn each(
    text: &mut Text<'_>,
    dialect: Dialect,
    mut take: impl FnMut(&Records<'_>, Record, &[Field]) -> Result<ControlFlow<()>, Refusal>,
) -> Result<(), Refusal> {
    let mut fields = Vec::new();
    loop {
        let (mut used, mut on) = (0, ControlFlow::Continue(()));
        let mut records = Records::new(text.rest(), dialect.delimiter, dialect.quote);
        while on.is_continue() {
            let Some(record) = records.next(&mut fields) else { break };
            if !text.ended() && records.may_go_on(&record) {
                break;
            }
            used = records.at();
            on = take(&records, record, &fields)?;
        }
        text.advance(used);
        if on.is_break() || text.ended() {
            return Ok(());
        }
        text.more()?;
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
