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
use super::intake::Intake;
use super::rows::{Rows, Stop};
use super::source::{Refusal, quarantine, unreadable};
use super::text::{Bytes, Text};
use super::{blocks, header, rescue};

/// Bytes of an array that are read at a time.
const AHEAD: usize = 8 * 1024;
const NOT_AN_OBJECT: &str = "not a JSON object";

/// Reads a text by the rules of the columns that are read: the member that `taking` was begun with.
pub(super) fn read(text: &mut Text<'_>, taking: Taking<'_>, intake: &mut Intake<'_>) -> Result<(), Refusal> {
    let mut names = Names::default();
    if is_array(text)? {
        read_array(text, taking, intake, &mut names)?;
    } else {
        let (block, most) = (taking.cleaning.pieces.block, taking.budget().record);
        intake.skip(text.line());
        let end = |text: &str| memchr::memrchr(b'\n', text.as_bytes()).map_or(0, |at| at + 1);
        blocks::each(
            text,
            block,
            taking.hands,
            end,
            |block| read_lines(block, taking),
            |done| {
                let (rows, found) = done.map_err(|stop| stop.refusal(intake.records(), most))?;
                names.add(found.order.iter());
                header::few_enough(names.order.len(), taking.budget())?;
                intake.take(rows)
            },
        )?;
    }
    if intake.of_member() > 0 && !names.order.is_empty() {
        header::announce(taking, &names.order, Vec::new());
        header::positions(&names.order, taking)?;
    }
    intake.end("are no JSON objects")
}

/// The objects of a block of lines, and the names of their fields.
fn read_lines(block: &str, taking: Taking<'_>) -> Result<(Rows, Names), Stop> {
    let longest = taking.budget().record;
    let mut objects = Objects::new(taking, block.len());
    let mut names = Names::default();
    each_line(block, true, |line| {
        objects.rows.at = Some(line.as_ptr().addr() - block.as_ptr().addr());
        if line.len() as u64 > longest {
            return Err(Stop::Long(objects.rows.records + 1));
        }
        match serde_json::from_str(line) {
            Ok(value) => objects.take(value, &mut names)?,
            Err(error) => objects.rows.broken(line, reason(&error)),
        }
        Ok(())
    })?;
    Ok((objects.rows.finish()?.of_lines(block), names))
}

/// Takes the elements of an array, about as many at a time as a block of lines would have.
fn read_array(
    text: &mut Text<'_>,
    taking: Taking<'_>,
    intake: &mut Intake<'_>,
    names: &mut Names,
) -> Result<(), Refusal> {
    let (block, mut read) = (taking.cleaning.pieces.block, 0);
    let mut objects = Objects::new(taking, block);
    array(text, block, |value, bytes| {
        objects.take(value, names)?;
        read += bytes;
        if read >= block as u64 {
            read = 0;
            let full = std::mem::replace(&mut objects, Objects::new(taking, block));
            intake.take(full.rows.finish()?)?;
        }
        Ok(())
    })?;
    intake.take(objects.rows.finish()?)
}

/// Shows the fields of a text's objects, and values of them, to `sample`.
pub(super) fn fields(text: &mut Text<'_>, sample: &mut Sample) -> Result<(), Refusal> {
    let mut on = ControlFlow::Continue(());
    let mut show = |value: &Value| {
        if let (ControlFlow::Continue(()), Value::Object(object)) = (on, value) {
            for (name, value) in object {
                let Some(column) = sample.column(name) else { continue };
                if let Some(value) = text_of(value).filter(|value| !value.trim().is_empty()) {
                    sample.value(column, &value);
                }
            }
            on = sample.next();
        }
    };
    if is_array(text)? {
        return array(text, AHEAD, |value, _| {
            show(&value);
            Ok(())
        });
    }
    loop {
        let used = each_line(text.rest(), text.ended(), |line| {
            if let Ok(value) = serde_json::from_str(line) {
                show(&value);
            }
            Ok::<_, Refusal>(())
        })?;
        text.advance(used);
        if text.ended() {
            return Ok(());
        }
        text.more()?;
    }
}

/// Gives every line of `text` that holds something to `take`; how far that was. A line without an end is a whole one
/// only where the text has `ended`.
fn each_line<E>(text: &str, ended: bool, mut take: impl FnMut(&str) -> Result<(), E>) -> Result<usize, E> {
    let mut used = 0;
    while let Some(line) = next_line(&text[used..], ended) {
        used += line.len();
        let line = line.trim();
        if !line.is_empty() {
            take(line)?;
        }
    }
    Ok(used)
}

/// Gives every element to `take`, and about how many bytes were read for it: exactly enough to tell blocks of `block`
/// bytes.
fn array(
    text: &mut Text<'_>,
    block: usize,
    mut take: impl FnMut(Value, u64) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let since = Cell::new(0);
    let bytes = BufReader::with_capacity(block.min(AHEAD), Bytes { text, since: &since });
    let mut refused = None;
    let mut each = |value| take(value, since.replace(0)).map_err(|refusal| refused = Some(refusal)).is_ok();
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

/// Names of fields in the order in which they first came.
#[derive(Default)]
struct Names {
    order: Vec<String>,
    known: HashSet<String>,
}

impl Names {
    fn add<'n>(&mut self, names: impl Iterator<Item = &'n String>) {
        for name in names {
            if !self.known.contains(name) {
                self.order.push(name.clone());
                self.known.insert(name.clone());
            }
        }
    }
}

struct Objects<'a> {
    taking: Taking<'a>,
    rows: Filling<'a>,
    rescue: Option<usize>,
}

impl<'a> Objects<'a> {
    fn new(taking: Taking<'a>, bytes: usize) -> Self {
        Self { taking, rows: Filling::new(taking, '.', bytes), rescue: rescue::place(taking.rules()) }
    }

    fn take(&mut self, value: Value, names: &mut Names) -> Result<(), Refusal> {
        let Value::Object(mut object) = value else {
            self.rows.broken(&value.to_string(), NOT_AN_OBJECT.into());
            return Ok(());
        };
        names.add(object.keys());
        header::few_enough(names.order.len(), self.taking.budget())?;
        let rescued = self.rescue.and_then(|_| rescue::written(self.extra(&mut object)));
        let (rules, rescue) = (self.taking.rules(), self.rescue);
        let raw = |rule: usize| match rescue {
            Some(at) if at == rule => rescued.as_deref().map(Cow::Borrowed),
            _ => object.get(&rules[rule].plan.source).and_then(text_of),
        };
        self.rows.push(raw, &[]);
        Ok(())
    }

    fn extra(&self, object: &mut Map<String, Value>) -> Map<String, Value> {
        let names: Vec<String> =
            object.keys().filter(|name| !rescue::is_read(name, self.taking.rules())).cloned().collect();
        names.into_iter().filter_map(|name| object.remove_entry(&name)).filter(|(_, value)| !value.is_null()).collect()
    }
}

/// The first line of `text` with its end; only a whole one, unless nothing follows.
fn next_line(text: &str, ended: bool) -> Option<&str> {
    match memchr::memchr(b'\n', text.as_bytes()) {
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
