//! Parquet, Arrow IPC and Avro bytes to typed rows.

use std::io::BufRead;

use polars::io::avro::AvroReader;
use polars::prelude::{
    AnyValue, Column, DataFrame, IpcReader, NamedFrom, ParquetReader, PolarsError, PolarsResult, Schema, SerReader,
    Series,
};
use serde_json::{Map, Value};

use super::claim::{claimed, schema_of};
use super::filling::Taking;
use super::intake::Intake;
use super::rejects::Tally;
use super::rows::{Flaw, MOST_FLAWS, Rows};
use super::source::{Refusal, quarantine, unreadable};
use super::typed::{Settled, data_type, settle};
use super::whole::Whole;
use super::{header, rescue};
use crate::domain::form::FileFormat;

/// A form in which types come with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columnar {
    Parquet,
    Arrow,
    Avro,
}

impl Columnar {
    /// The one that files of `format` have, if they have one.
    pub fn of(format: &FileFormat) -> Option<Self> {
        match format {
            FileFormat::Parquet => Some(Self::Parquet),
            FileFormat::Arrow => Some(Self::Arrow),
            FileFormat::Avro => Some(Self::Avro),
            FileFormat::Csv(_) | FileFormat::Json | FileFormat::Auto(_) => None,
        }
    }

    /// The one whose magic number `head` begins with.
    pub fn by_magic(head: &[u8]) -> Option<Self> {
        [Self::Parquet, Self::Arrow, Self::Avro].into_iter().find(|form| head.starts_with(form.magic()))
    }

    fn magic(self) -> &'static [u8] {
        match self {
            Self::Parquet => b"PAR1",
            Self::Arrow => b"ARROW1",
            Self::Avro => b"Obj\x01",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Avro => "Avro",
        }
    }
}

/// Reads all of `reader` by the rules of the columns that are read: the member that `taking` was begun with.
pub(super) fn read(
    reader: &mut dyn BufRead,
    form: Columnar,
    taking: Taking<'_>,
    intake: &mut Intake<'_>,
) -> Result<(), Refusal> {
    let whole = Whole::of(reader, taking.cleaning)?;
    let (name, magic) = (form.name(), form.magic());
    let size = whole.bytes().map_err(|error| unreadable(&error))?;
    let (head, tail) = whole.ends(magic.len()).map_err(|error| unreadable(&error))?;
    if head != magic {
        let shown = String::from_utf8_lossy(magic).replace('\u{1}', "\\x01");
        return quarantine(format!("the file is not {name}: it does not begin with `{shown}`"));
    }
    if form != Columnar::Avro && (size < 12 || tail != magic) {
        return quarantine(format!("the {name} file is truncated: its footer is missing after {size} bytes"));
    }
    let damaged = |error: PolarsError| Refusal::Quarantine(format!("the {name} file is damaged: {error}"));
    let claim = claimed(&whole, form, taking.budget().unpacked).map_err(damaged)?;
    let names: Vec<String> = claim.schema.iter_names().map(ToString::to_string).collect();
    header::few_enough(names.len(), taking.budget())?;
    let types = claim.schema.iter_values().map(ToString::to_string).collect();
    header::announce(taking, &names, types);
    let positions = header::positions(&names, taking)?;
    let extra = rescue::place(taking.rules()).is_some();
    let read = |name: &&String| extra || rescue::is_read(name, taking.rules());
    let wanted: Vec<String> = names.iter().filter(read).cloned().collect();
    let (bytes, rows) = claim.groups.iter().fold((0, 0), |sum: (u64, u64), (rows, bytes)| {
        (sum.0.saturating_add(*bytes), sum.1.saturating_add(*rows as u64))
    });
    let cells = rows.saturating_mul(wanted.len() as u64 * 8);
    if let Some(reason) = taking.budget().refuses(bytes.max(cells), size) {
        return quarantine(reason);
    }
    // Only of Parquet can a part be read.
    let groups = if form == Columnar::Parquet { claim.groups.as_slice() } else { &[] };
    for slice in slices(groups, taking.cleaning.pieces.memory as u64 / 2) {
        let table = table(&whole, form, wanted.clone(), slice).map_err(damaged)?;
        intake.take(take(&table, &names, taking, &positions).map_err(damaged)?)?;
    }
    Ok(())
}

/// Rows (offset and length) that are read at a time: as many whole groups as have about `most` bytes. `None` is all.
fn slices(groups: &[(usize, u64)], most: u64) -> Vec<Option<(usize, usize)>> {
    let (mut slices, mut begun, mut held) = (Vec::new(), (0, 0), 0);
    for (rows, bytes) in groups {
        if begun.1 > 0 && held + bytes > most {
            slices.push(Some(begun));
            (begun, held) = ((begun.0 + begun.1, 0), 0);
        }
        begun.1 += rows;
        held = held.saturating_add(*bytes);
    }
    if slices.is_empty() {
        return vec![None];
    }
    slices.push(Some(begun));
    slices
}

/// The schema that the file brings along.
pub(super) fn schema(whole: &Whole, form: Columnar) -> Result<Schema, Refusal> {
    let damaged = |error| Refusal::Quarantine(format!("the {} file is damaged: {error}", form.name()));
    schema_of(whole, form).map_err(damaged)
}

fn table(
    whole: &Whole,
    form: Columnar,
    columns: Vec<String>,
    slice: Option<(usize, usize)>,
) -> PolarsResult<DataFrame> {
    let (reader, columns) = (whole.reader()?, Some(columns));
    match form {
        Columnar::Parquet => ParquetReader::new(reader).with_columns(columns).with_slice(slice).finish(),
        Columnar::Arrow => IpcReader::new(reader).with_columns(columns).finish(),
        Columnar::Avro => AvroReader::new(reader).with_columns(columns).finish(),
    }
}

fn take(table: &DataFrame, names: &[String], taking: Taking<'_>, positions: &[Option<usize>]) -> PolarsResult<Rows> {
    let (height, file) = (table.height(), taking.file);
    let (mut columns, mut flaws, mut rejected, mut nulled) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut tally = Tally::default();
    let rescued = rescue::place(taking.rules());
    for (index, (rule, position)) in taking.rules().iter().zip(positions).enumerate() {
        let values = match position {
            _ if rescued == Some(index) => extra(table, taking, &rule.plan.name)?,
            Some(position) => table.column(&names[*position])?.clone(),
            None => Column::full_null(rule.plan.name.as_str().into(), height, &data_type(rule.plan.ty)),
        };
        let Settled { column, refused, nulled: lost } = settle(&values, rule, &[])?;
        nulled += lost;
        columns.push(column);
        rejected.extend(refused.iter().map(|(row, ..)| *row));
        refused.iter().for_each(|(.., reason)| tally.count(&rule.name, reason));
        // Those that are kept are the first ones of all columns.
        flaws.extend(
            refused
                .into_iter()
                .take(MOST_FLAWS)
                .map(|(row, value, reason)| Flaw::new(file.id, row as i64 + 1, rule.name.clone(), &value, reason)),
        );
    }
    flaws.sort_by_key(|flaw| flaw.record);
    flaws.truncate(MOST_FLAWS);
    rejected.sort_unstable();
    rejected.dedup();
    Ok(Rows {
        records: height as u64,
        frame: DataFrame::new(height, columns)?,
        lines: (1..=height as i64).collect(),
        rejected,
        broken: 0,
        flaws,
        tally,
        nulled,
        ends: None,
    })
}

/// What no rule reads, one JSON object a row.
fn extra(table: &DataFrame, taking: Taking<'_>, name: &str) -> PolarsResult<Column> {
    let columns: Vec<&Column> =
        table.columns().iter().filter(|column| !rescue::is_read(column.name(), taking.rules())).collect();
    let mut rows = Vec::with_capacity(table.height());
    for row in 0..table.height() {
        let mut fields = Map::new();
        for column in &columns {
            let value = match column.get(row)? {
                AnyValue::Null => continue,
                AnyValue::Boolean(x) => Value::Bool(x),
                value if value.is_integer() => value.extract::<i64>().map_or(Value::Null, Value::from),
                value if value.is_float() => value.extract::<f64>().map_or(Value::Null, Value::from),
                value => Value::String(value.str_value().into_owned()),
            };
            fields.insert(column.name().to_string(), value);
        }
        rows.push(rescue::written(fields));
    }
    Ok(Series::new(name.into(), rows).into())
}
