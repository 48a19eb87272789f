//! JSON to typed rows: one object a line, or an array of objects.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::io::{BufReader, Error};
use std::ops::ControlFlow;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::columns::Reason;
use super::filling::{Filling, Taking};
use super::infer::Sample;
use super::rows::FileRows;
use super::source::{Refusal, quarantine, unreadable};
use super::text::{Bytes, Text};
use super::{header, rescue};

const NOT_AN_OBJECT: &str = "not a JSON object";

/// Reads a text by the rules of the columns that are read.
pub(super) fn read(text: &mut Text<'_>, taking: Taking<'_>) -> Result<FileRows, Refusal> {
    let mut objects = Objects::new(taking);
    each(text, |read| match read {
        Ok(value) => objects.take(value),
        Err((line, error)) => {
            objects.rows.broken(line, reason(&error));
            Ok(())
        }
    })?;
    objects.finish()
}

/// Shows the fields of a text's objects, and values of them, to `sample`.
pub(super) fn fields(text: &mut Text<'_>, sample: &mut Sample) -> Result<(), Refusal> {
    let mut on = ControlFlow::Continue(());
    each(text, |read| {
        if let (ControlFlow::Continue(()), Ok(Value::Object(object))) = (on, read) {
            for (name, value) in &object {
                let column = sample.column(name);
                if let Some(value) = text_of(value).filter(|value| !value.trim().is_empty()) {
                    sample.value(column, &value);
                }
            }
            on = sample.next();
        }
        Ok(())
    })
}

/// What stands in one place for a record: its value, or the line that is none.
type Read<'t> = Result<Value, (&'t str, serde_json::Error)>;

/// Gives every record to `take`, whichever way they are written.
fn each(text: &mut Text<'_>, take: impl FnMut(Read<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    if is_array(text)? { array(text, take) } else { lines(text, take) }
}

fn lines(text: &mut Text<'_>, mut take: impl FnMut(Read<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    loop {
        let mut used = 0;
        let rest = text.rest();
        while let Some(line) = next_line(&rest[used..], text.ended()) {
            used += line.len();
            let line = line.trim();
            if !line.is_empty() {
                take(serde_json::from_str(line).map_err(|error| (line, error)))?;
            }
        }
        let ended = text.ended();
        text.advance(used);
        if ended {
            return Ok(());
        }
        text.more()?;
    }
}

fn array(text: &mut Text<'_>, mut take: impl FnMut(Read<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let since = Cell::new(0);
    let bytes = BufReader::with_capacity(8 * 1024, Bytes { text, since: &since });
    let mut refused = None;
    let mut each = |value| {
        since.set(0);
        take(Ok(value)).map_err(|refusal| refused = Some(refusal)).is_ok()
    };
    let mut reader = serde_json::Deserializer::from_reader(bytes);
    let read = reader.deserialize_seq(Elements { each: &mut each }).and_then(|()| reader.end());
    match (refused, read) {
        (Some(refusal), _) => Err(refusal),
        (None, Err(error)) if error.is_io() => Err(unreadable(&Error::from(error))),
        (None, Err(error)) => quarantine(format!("the JSON cannot be read: {error}")),
        (None, Ok(())) => Ok(()),
    }
}

fn is_array(text: &mut Text<'_>) -> Result<bool, Refusal> {
    loop {
        let rest = text.rest();
        let first = rest.trim_start();
        let blank = rest.len() - first.len();
        if let Some(first) = first.chars().next() {
            return Ok(first == '[');
        }
        text.advance(blank);
        if text.ended() {
            return quarantine("the file holds nothing but blanks");
        }
        text.more()?;
    }
}

struct Objects<'a> {
    taking: Taking<'a>,
    rows: Filling<'a>,
    rescue: Option<usize>,
    /// Names of fields in the order in which they first came.
    names: Vec<String>,
    known: HashSet<String>,
}

impl<'a> Objects<'a> {
    fn new(taking: Taking<'a>) -> Self {
        let (rows, rescue) = (Filling::new(taking, '.'), rescue::place(taking.rules));
        Self { taking, rows, rescue, names: Vec::new(), known: HashSet::new() }
    }

    fn take(&mut self, value: Value) -> Result<(), Refusal> {
        let Value::Object(mut object) = value else {
            self.rows.broken(&value.to_string(), NOT_AN_OBJECT.into());
            return Ok(());
        };
        for name in object.keys().filter(|name| !self.known.contains(*name)) {
            self.names.push(name.clone());
        }
        self.known.extend(self.names[self.known.len()..].iter().cloned());
        header::few_enough(self.names.len(), self.taking.budget)?;
        let rescued = self.rescue.and_then(|_| rescue::written(self.extra(&mut object)));
        let (rules, rescue) = (self.taking.rules, self.rescue);
        let raw = |rule: usize| match rescue {
            Some(at) if at == rule => rescued.as_deref().map(Cow::Borrowed),
            _ => object.get(&rules[rule].plan.source).and_then(text_of),
        };
        self.rows.push(raw, &[]);
        Ok(())
    }

    fn extra(&self, object: &mut Map<String, Value>) -> Map<String, Value> {
        let names: Vec<String> =
            object.keys().filter(|name| !rescue::is_read(name, self.taking.rules)).cloned().collect();
        names.into_iter().filter_map(|name| object.remove_entry(&name)).filter(|(_, value)| !value.is_null()).collect()
    }

    fn finish(self) -> Result<FileRows, Refusal> {
        if self.rows.records > 0 && !self.names.is_empty() {
            header::announce(self.taking, &self.names, Vec::new());
            header::positions(&self.names, self.taking)?;
        }
        self.rows.finish("are no JSON objects")
    }
}

/// The first line of `text` with its end; only a whole one, unless nothing follows.
fn next_line(text: &str, ended: bool) -> Option<&str> {
    match text.as_bytes().iter().position(|byte| *byte == b'\n') {
        Some(at) => Some(&text[..=at]),
        None if ended && !text.is_empty() => Some(text),
        None => None,
    }
}

/// What went wrong, without the place: it is one reason for all lines that have it.
fn reason(error: &serde_json::Error) -> Reason {
    let text = error.to_string();
    let what = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
    format!("{NOT_AN_OBJECT}: {what}").into()
}

/// A value as the text of a cell.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

struct Elements<'e, F> {
    each: &'e mut F,
}

impl<'de, F: FnMut(Value) -> bool> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element()? {
            if !(self.each)(value) {
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}
