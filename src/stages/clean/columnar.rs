//! Parquet, Arrow IPC and Avro bytes to typed rows.

use std::io::Cursor;

use polars::io::avro::AvroReader;
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IpcReader, NamedFrom, ParquetReader, PolarsError, PolarsResult, Schema,
    SchemaExt, SerReader, Series,
};
use serde_json::{Map, Value};

use super::filling::Taking;
use super::rows::{FileRows, Flaw, MOST_FLAWS};
use super::source::{Refusal, quarantine};
use super::typed::{Settled, data_type, settle};
use super::{header, rescue};
use crate::domain::form::FileFormat;
use crate::domain::plan::system;

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

/// Reads `bytes` by the rules of the columns that are read.
pub(super) fn read(bytes: &[u8], form: Columnar, taking: Taking<'_>) -> Result<FileRows, Refusal> {
    let (name, magic) = (form.name(), form.magic());
    if !bytes.starts_with(magic) {
        let shown = String::from_utf8_lossy(magic).replace('\u{1}', "\\x01");
        return quarantine(format!("the file is not {name}: it does not begin with `{shown}`"));
    }
    if form != Columnar::Avro && (bytes.len() < 12 || !bytes.ends_with(magic)) {
        return quarantine(format!("the {name} file is truncated: its footer is missing after {} bytes", bytes.len()));
    }
    let damaged = |error: PolarsError| Refusal::Quarantine(format!("the {name} file is damaged: {error}"));
    let claim = claimed(bytes, form).map_err(damaged)?;
    let names: Vec<String> = claim.schema.iter_names().map(ToString::to_string).collect();
    header::few_enough(names.len(), taking.budget)?;
    let types = claim.schema.iter_values().map(ToString::to_string).collect();
    header::announce(taking, &names, types);
    let positions = header::positions(&names, taking)?;
    let extra = rescue::place(taking.rules).is_some();
    let read = |name: &&String| extra || rescue::is_read(name, taking.rules);
    let wanted: Vec<String> = names.iter().filter(read).cloned().collect();
    let cells = claim.rows.unwrap_or_default().saturating_mul(wanted.len() as u64 * 8);
    if let Some(reason) = taking.budget.refuses(claim.bytes.max(cells), bytes.len() as u64) {
        return quarantine(reason);
    }
    let table = table(bytes, form, wanted).map_err(damaged)?;
    take(&table, &names, taking, &positions).map_err(damaged)
}

/// The schema that the file brings along.
pub(super) fn schema(bytes: &[u8], form: Columnar) -> Result<Schema, Refusal> {
    let damaged = |error| Refusal::Quarantine(format!("the {} file is damaged: {error}", form.name()));
    claimed(bytes, form).map(|claim| claim.schema).map_err(damaged)
}

/// What a file says of itself before any of its data is read.
struct Claim {
    schema: Schema,
    rows: Option<u64>,
    /// Bytes of its pages without compression.
    bytes: u64,
}

fn claimed(bytes: &[u8], form: Columnar) -> PolarsResult<Claim> {
    Ok(match form {
        Columnar::Parquet => {
            let mut reader = ParquetReader::new(Cursor::new(bytes));
            let schema = Schema::from_arrow_schema(reader.schema()?.as_ref());
            let metadata = reader.get_metadata()?;
            let pages = metadata.row_groups.iter().map(|group| group.total_byte_size() as u64);
            Claim { schema, rows: Some(metadata.num_rows as u64), bytes: pages.fold(0, u64::saturating_add) }
        }
        Columnar::Arrow => {
            let schema = IpcReader::new(Cursor::new(bytes)).schema()?;
            Claim { schema: Schema::from_arrow_schema(schema.as_ref()), rows: None, bytes: 0 }
        }
        Columnar::Avro => Claim { schema: AvroReader::new(Cursor::new(bytes)).schema()?, rows: None, bytes: 0 },
    })
}

fn table(bytes: &[u8], form: Columnar, columns: Vec<String>) -> PolarsResult<DataFrame> {
    let (cursor, columns) = (Cursor::new(bytes), Some(columns));
    match form {
        Columnar::Parquet => ParquetReader::new(cursor).with_columns(columns).finish(),
        Columnar::Arrow => IpcReader::new(cursor).with_columns(columns).finish(),
        Columnar::Avro => AvroReader::new(cursor).with_columns(columns).finish(),
    }
}

fn take(
    table: &DataFrame,
    names: &[String],
    taking: Taking<'_>,
    positions: &[Option<usize>],
) -> PolarsResult<FileRows> {
    let (height, file) = (table.height(), taking.file);
    let (mut columns, mut flaws, mut rejected, mut nulled) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let rescued = rescue::place(taking.rules);
    for (index, (rule, position)) in taking.rules.iter().zip(positions).enumerate() {
        let values = match position {
            _ if rescued == Some(index) => extra(table, taking, &rule.plan.name)?,
            Some(position) => table.column(&names[*position])?.clone(),
            None => Column::full_null(rule.plan.name.as_str().into(), height, &data_type(rule.plan.ty)),
        };
        let Settled { column, refused, nulled: lost } = settle(&values, rule, &[])?;
        nulled += lost;
        columns.push(column);
        rejected.extend(refused.iter().map(|(row, ..)| *row));
        let room = MOST_FLAWS.saturating_sub(flaws.len());
        let line = |row: usize| taking.before as i64 + row as i64 + 1;
        flaws.extend(
            refused
                .into_iter()
                .take(room)
                .map(|(row, value, reason)| Flaw::new(file.id, line(row), rule.name.clone(), &value, reason)),
        );
    }
    rejected.sort_unstable();
    rejected.dedup();
    let first = taking.before as i64 + 1;
    let lines: Vec<i64> = (first..first + height as i64).collect();
    columns.push(Column::new_scalar(system::FILE.into(), file.id.into(), height));
    columns.push(Series::new(system::LINE.into(), lines).cast(&DataType::Int64)?.into());
    Ok(FileRows {
        id: file.id,
        key: file.key.clone(),
        bytes: file.bytes,
        records: height as u64,
        frame: DataFrame::new(height, columns)?,
        rejected,
        broken: 0,
        flaws,
        nulled,
    })
}

/// What no rule reads, one JSON object a row.
fn extra(table: &DataFrame, taking: Taking<'_>, name: &str) -> PolarsResult<Column> {
    let columns: Vec<&Column> =
        table.columns().iter().filter(|column| !rescue::is_read(column.name(), taking.rules)).collect();
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
