//! Parquet bytes to typed rows.

use std::io::Cursor;

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, ParquetReader, PolarsResult, SerReader, Series};

use super::columns::ColumnRule;
use super::header;
use super::rows::{FileRows, Flaw, MOST_FLAWS};
use super::source::{Refusal, quarantine};
use super::typed::{Settled, data_type, settle};
use crate::domain::job::InputFile;
use crate::domain::plan::system;
use crate::stages::Events;

const MAGIC: &[u8] = b"PAR1";

/// Reads `bytes` by the rules of the columns that are read.
pub(super) fn read(
    bytes: Vec<u8>,
    file: &InputFile,
    rules: &[&ColumnRule<'_>],
    events: &Events,
) -> Result<FileRows, Refusal> {
    if !bytes.starts_with(MAGIC) {
        return quarantine("the file is not Parquet: it does not begin with `PAR1`");
    }
    if bytes.len() < 12 || !bytes.ends_with(MAGIC) {
        return quarantine(format!("the Parquet file is truncated: its footer is missing after {} bytes", bytes.len()));
    }
    let damaged = |error| Refusal::Quarantine(format!("the Parquet file is damaged: {error}"));
    let table = ParquetReader::new(Cursor::new(bytes)).finish().map_err(damaged)?;
    let names: Vec<String> = table.get_column_names().iter().map(|name| name.to_string()).collect();
    let types = table.dtypes().iter().map(ToString::to_string).collect();
    header::announce(file, &names, types, events);
    let positions = header::positions(&names, rules)?;
    if table.height() == 0 {
        return quarantine("the file has a schema and no rows");
    }
    take(&table, file, rules, &positions).map_err(damaged)
}

fn take(
    table: &DataFrame,
    file: &InputFile,
    rules: &[&ColumnRule<'_>],
    positions: &[Option<usize>],
) -> PolarsResult<FileRows> {
    let height = table.height();
    let (mut columns, mut flaws, mut rejected, mut nulled) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (rule, position) in rules.iter().zip(positions) {
        let absent = || Column::full_null(rule.plan.name.as_str().into(), height, &data_type(rule.plan.ty));
        let values = position.map_or_else(absent, |position| table.columns()[position].clone());
        let Settled { column, refused, nulled: lost } = settle(&values, rule, &[])?;
        nulled += lost;
        columns.push(column);
        rejected.extend(refused.iter().map(|(row, ..)| *row));
        let room = MOST_FLAWS.saturating_sub(flaws.len());
        flaws.extend(
            refused
                .into_iter()
                .take(room)
                .map(|(row, value, reason)| Flaw::new(file.id, row as i64 + 1, rule.name.clone(), &value, reason)),
        );
    }
    rejected.sort_unstable();
    rejected.dedup();
    let lines: Vec<i64> = (1..=height as i64).collect();
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
