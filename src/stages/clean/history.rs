//! Reading live parts of the history in the shape the plan has now.

use std::collections::HashSet;
use std::fs::File;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, NewChunkedArray, ParquetReader, PolarsError, PolarsResult, Schema, SchemaExt,
    SerReader,
};

use super::typed::data_type;
use crate::domain::dataset::Part;
use crate::domain::plan::{CleanPlan, system};
use crate::lake::{Lake, LakeError};
use crate::stages::StageError;

/// The columns `names` of a part. What the part does not have (it was written under an older plan) is null; what has
/// another type now is cast, and null where that cannot be.
pub(super) fn read(lake: &Lake, part: &Part, plan: &CleanPlan, names: &[&str]) -> Result<DataFrame, StageError> {
    let mut reader = open(lake, part)?;
    let read = || -> PolarsResult<DataFrame> {
        let schema = reader.schema()?;
        let present = names.iter().filter(|name| schema.contains(name)).map(|name| (*name).to_owned()).collect();
        let frame = reader.with_columns(Some(present)).finish()?;
        let columns = names.iter().map(|name| shape(&frame, plan, name)).collect::<PolarsResult<Vec<_>>>()?;
        DataFrame::new(frame.height(), columns)
    };
    read().map_err(|error| damaged(part, &error))
}

/// The columns that a part has.
pub(super) fn schema(lake: &Lake, part: &Part) -> Result<Schema, StageError> {
    let schema = open(lake, part)?.schema().map_err(|error| damaged(part, &error))?;
    Ok(Schema::from_arrow_schema(schema.as_ref()))
}

fn open(lake: &Lake, part: &Part) -> Result<ParquetReader<File>, StageError> {
    let file = File::open(lake.file(&part.path)?).map_err(|error| LakeError::from_io(&part.path, &error))?;
    Ok(ParquetReader::new(file))
}

fn damaged(part: &Part, error: &PolarsError) -> StageError {
    LakeError::Damaged { path: part.path.clone(), what: error.to_string() }.into()
}

fn shape(frame: &DataFrame, plan: &CleanPlan, name: &str) -> PolarsResult<Column> {
    let Some(column) = plan.columns.iter().find(|column| column.name == name) else {
        return frame.column(name).cloned();
    };
    let wanted = data_type(column.ty);
    match frame.column(name) {
        Ok(values) if *values.dtype() == wanted => Ok(values.clone()),
        Ok(values) => values.cast(&wanted),
        Err(_) => Ok(Column::full_null(name.into(), frame.height(), &wanted)),
    }
}

/// Rows that did not come from one of `files`, and whether any did.
pub(super) fn without(frame: DataFrame, files: &HashSet<i64>) -> PolarsResult<(DataFrame, bool)> {
    let origin = frame.column(system::FILE)?.i64()?;
    let mask: BooleanChunked =
        BooleanChunked::from_iter_values("".into(), origin.iter().map(|id| id.is_none_or(|id| !files.contains(&id))));
    if mask.all() { Ok((frame, false)) } else { Ok((frame.filter(&mask)?, true)) }
}
