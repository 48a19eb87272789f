//! The types of a file's columns, as far as a sample says.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Read, Seek};
use std::ops::ControlFlow;

use polars::prelude::{DataType, Schema};

use super::cell::{Cell, parse};
use super::columnar::{self, Columnar};
use super::source::{Content, Refusal, quarantine, unreadable};
use super::text::Text;
use super::unpack::members;
use super::whole::Whole;
use super::{csv, json};
use crate::domain::form::{Budget, CsvForm, FileFormat};
use crate::domain::plan::ColumnType;
use crate::stages::StageError;

/// So many records are looked at.
const SAMPLE: usize = 10_000;

/// A column as a sample shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inferred {
    /// Its name in the file.
    pub name: String,
    /// The narrowest type that every value of the sample has; text when there is none.
    pub ty: ColumnType,
    /// Values that were there.
    pub values: u64,
}

/// The columns of a file called `name`, in their order: from the data of the first 10,000 records (text is not read much
/// further), or from the schema that the file brings along.
///
/// # Errors
/// [`StageError::Input`] when they cannot be read as `format`.
pub fn infer(
    mut content: impl Read + Seek + Send,
    name: &str,
    format: &FileFormat,
) -> Result<Vec<Inferred>, StageError> {
    let found: RefCell<Option<Vec<Inferred>>> = RefCell::new(None);
    let content: &mut dyn Content = &mut content;
    let in_memory = |reader: &mut dyn BufRead| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        Ok(Whole::Memory(bytes))
    };
    let read = members(content, Budget::default(), |_, reader| {
        if found.borrow().is_some() {
            return Ok(());
        }
        let mut sample = Sample::of_the_first();
        look(reader, format, Budget::default(), in_memory, &mut sample)?;
        if sample.records == 0 && sample.columns.iter().all(|seen| seen.values == 0) {
            return quarantine("it has no records to infer types from");
        }
        *found.borrow_mut() = Some(sample.columns());
        Ok(())
    });
    match (read, found.into_inner()) {
        (Ok(()), Some(columns)) if !columns.is_empty() => Ok(columns),
        (Err(Refusal::Quarantine(reason) | Refusal::Changed(reason)), _) => {
            Err(StageError::Input(format!("{name}: {reason}")))
        }
        _ => Err(StageError::Input(format!("{name}: it has no columns"))),
    }
}

/// Shows a member of a file to `sample`; `whole` is where the bytes of one go that can only be read by seeking in it.
pub(super) fn look(
    reader: &mut dyn BufRead,
    format: &FileFormat,
    budget: Budget,
    whole: impl FnOnce(&mut dyn BufRead) -> Result<Whole, Refusal>,
    sample: &mut Sample,
) -> Result<(), Refusal> {
    let by_magic = Columnar::by_magic(reader.fill_buf().map_err(|error| unreadable(&error))?);
    if let (Some(form), ..) | (None, Some(form), FileFormat::Auto(_)) = (Columnar::of(format), by_magic, format) {
        sample.typed(&columnar::schema(&whole(reader)?, form)?);
        return Ok(());
    }
    let defaults = CsvForm::default();
    let form = format.csv().unwrap_or(&defaults);
    let mut text = Text::open(reader, form.encoding.as_deref(), budget.record)?;
    let is_json = matches!(format, FileFormat::Json)
        || matches!(format, FileFormat::Auto(_)) && text.rest().trim_start().starts_with(['{', '[']);
    if is_json { json::fields(&mut text, sample) } else { csv::fields(&mut text, form, sample) }
}

/// Whether digits are a name and no number: one that begins with a zero, or has more of them than a number keeps.
fn is_a_name(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole && (digits.len() > 1 && digits.starts_with('0') || text.parse::<i64>().is_err())
}

/// The type of the plan that has a column's values; none of those that hold more than one value a row, or bytes.
pub(super) fn column_type(ty: &DataType) -> Option<ColumnType> {
    Some(match ty {
        DataType::List(_) | DataType::Struct(_) | DataType::Binary | DataType::BinaryOffset | DataType::Unknown(_) => {
            return None;
        }
        DataType::Boolean => ColumnType::Boolean,
        ty if ty.is_integer() => ColumnType::Integer,
        ty if ty.is_float() || matches!(ty, DataType::Decimal(..)) => ColumnType::Float,
        DataType::Date => ColumnType::Date,
        DataType::Datetime(..) => ColumnType::Datetime,
        _ => ColumnType::Text,
    })
}

/// What has been seen of each column.
#[derive(Default)]
pub(super) struct Sample {
    columns: Vec<Seen>,
    /// Where each name is among the columns.
    places: HashMap<String, usize>,
    /// Names that are of no interest, and which of them have been met.
    known: HashSet<String>,
    met: HashSet<String>,
    records: usize,
    /// Records and columns to look at.
    most: usize,
    room: usize,
}

struct Seen {
    name: String,
    values: u64,
    /// Types that every value so far has, narrowest first.
    possible: Vec<ColumnType>,
    /// Whether a value was other than 0 and 1, which are no reason to call a column boolean.
    spelled: bool,
}

impl Sample {
    /// Looks at the first records.
    fn of_the_first() -> Self {
        Self { most: SAMPLE, room: usize::MAX, ..Self::default() }
    }

    /// Looks at all records, and at columns of other names than `known` only, the first `room`.
    pub fn beyond(known: HashSet<String>, room: usize) -> Self {
        Self { most: usize::MAX, room, known, ..Self::default() }
    }

    /// A record of the sample has ended; whether there is more to see.
    pub fn next(&mut self) -> ControlFlow<()> {
        self.records += 1;
        if self.records < self.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// The column called `name` is there, at its place in the order of first sight; none where it is of no interest.
    pub fn column(&mut self, name: &str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            if !self.met.contains(name) {
                self.met.insert(known.clone());
            }
            return None;
        }
        let place = self.places.get(name).copied();
        if place.is_none() && self.columns.len() >= self.room {
            return None;
        }
        Some(place.unwrap_or_else(|| {
            let possible = vec![
                ColumnType::Boolean,
                ColumnType::Integer,
                ColumnType::Float,
                ColumnType::Date,
                ColumnType::Datetime,
            ];
            self.columns.push(Seen { name: name.to_owned(), values: 0, possible, spelled: false });
            self.places.insert(name.to_owned(), self.columns.len() - 1);
            self.columns.len() - 1
        }))
    }

    /// The columns of a header; none too where a name is empty or there twice.
    pub fn header(&mut self, names: &[String]) -> Vec<Option<usize>> {
        let mut seen = HashSet::new();
        let twice: HashSet<&String> = names.iter().filter(|name| !seen.insert(*name)).collect();
        let column = |name: &String| {
            let column = self.column(name);
            column.filter(|_| !name.is_empty() && !twice.contains(name))
        };
        names.iter().map(column).collect()
    }

    /// Whether a column of this name, which is of no interest, is there.
    pub fn has_met(&self, name: &str) -> bool {
        self.met.contains(name)
    }

    /// A value of a column, which is no null.
    pub fn value(&mut self, column: usize, text: &str) {
        let Some(seen) = self.columns.get_mut(column) else { return };
        let text = text.trim();
        seen.values += 1;
        seen.spelled |= !matches!(text, "0" | "1");
        if is_a_name(text) {
            seen.possible.clear();
        }
        seen.possible.retain(|ty| match parse(text, *ty, None) {
            // What is written as a fraction is one, also when it is whole.
            Some(Cell::Integer(_)) => text.parse::<i64>().is_ok(),
            other => other.is_some(),
        });
    }

    /// The columns of a file with a schema.
    fn typed(&mut self, schema: &Schema) {
        for (name, is) in schema.iter() {
            let Some(ty) = column_type(is) else { continue };
            let Some(column) = self.column(name) else { continue };
            let seen = &mut self.columns[column];
            // Of nothing but nulls no value is known.
            seen.values += u64::from(*is != DataType::Null);
            seen.spelled = true;
            let covers = |wide: &ColumnType| {
                *wide == ty
                    || matches!(
                        (ty, wide),
                        (ColumnType::Integer, ColumnType::Float) | (ColumnType::Date, ColumnType::Datetime)
                    )
            };
            seen.possible.retain(covers);
        }
    }

    /// Goes on with what another sample has seen.
    pub fn absorb(&mut self, other: Self) {
        self.records += other.records;
        for theirs in other.columns {
            let Some(column) = self.column(&theirs.name) else { continue };
            let seen = &mut self.columns[column];
            seen.values += theirs.values;
            seen.spelled |= theirs.spelled;
            seen.possible.retain(|ty| theirs.possible.contains(ty));
        }
    }

    /// The columns that have been seen, in the order of first sight.
    pub fn columns(&self) -> Vec<Inferred> {
        let ty = |seen: &Seen| match seen.possible.as_slice() {
            _ if seen.values == 0 => ColumnType::Text,
            [ColumnType::Boolean, next, ..] if !seen.spelled => *next,
            [first, ..] => *first,
            [] => ColumnType::Text,
        };
        let column = |seen: &Seen| Inferred { name: seen.name.clone(), ty: ty(seen), values: seen.values };
        self.columns.iter().map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn types(text: &str, format: &FileFormat) -> Vec<(String, ColumnType)> {
        let columns = infer(Cursor::new(text), "file", format).unwrap();
        columns.into_iter().map(|column| (column.name, column.ty)).collect()
    }

    #[test]
    fn the_narrowest_type_that_every_value_has() {
        use ColumnType::{Boolean, Date, Datetime, Float, Integer, Text};
        let csv = "at,day,n,x,whole,flag,bit,name,none\n\
                   2024-01-01T10:00:00Z,2024-01-01,1,1.5,1.0,true,0,a,\n\
                   2024-01-02,2024-01-02,-7,2,2.0,no,1,2,\n";
        let expected = [
            ("at", Datetime),
            ("day", Date),
            ("n", Integer),
            ("x", Float),
            ("whole", Float),
            ("flag", Boolean),
            ("bit", Integer),
            ("name", Text),
            ("none", Text),
        ];
        let expected = expected.map(|(name, ty)| (name.to_owned(), ty));
        assert_eq!(types(csv, &FileFormat::Csv(CsvForm::default())), expected);
        let lines = "{\"n\": 1, \"x\": 1.5}\n{\"x\": 2, \"flag\": true, \"n\": null}\n";
        let expected = [("n", Integer), ("x", Float), ("flag", Boolean)].map(|(name, ty)| (name.to_owned(), ty));
        assert_eq!(types(lines, &FileFormat::Auto(CsvForm::default())), expected);
        assert_eq!(types(&format!("[{}]", lines.trim().replace('\n', ",")), &FileFormat::Json), expected);
    }

    #[test]
    fn what_has_nothing_to_infer_from_is_said() {
        let error =
            |text: &str| infer(Cursor::new(text), "f", &FileFormat::Csv(CsvForm::default())).unwrap_err().message();
        assert_eq!(error(""), "f: the file is empty (0 bytes)");
        assert_eq!(error("a,b\n"), "f: it has no records to infer types from");
    }
}
