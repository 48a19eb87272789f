//! Reading a staged part as its readers will.

use std::fs::File;

use polars::prelude::{DataFrame, ParquetReader, Schema, SchemaRef, SerReader};

use crate::domain::dataset::Artifact;
use crate::lake::{self, Lake, LakeError};
use crate::stages::StageError;

/// The rows of a staged part, after its bytes, its row count and its schema (that of the parts before it) were found
/// to be as announced.
pub(super) fn open(lake: &Lake, artifact: &Artifact, schema: &mut Option<SchemaRef>) -> Result<DataFrame, StageError> {
    let path = &artifact.staged;
    lake::wait(lake::commit::verify(lake, std::slice::from_ref(artifact)))?;
    let damaged = |what: String| StageError::from(LakeError::Damaged { path: path.clone(), what });
    let local = lake.file(path)?;
    let file = File::open(local).map_err(|error| LakeError::from_io(path, &error))?;
    let frame = ParquetReader::new(file).finish().map_err(|error| damaged(error.to_string()))?;
    if frame.height() as u64 != artifact.part.rows {
        return Err(damaged(format!("{} rows were announced, {} are there", artifact.part.rows, frame.height())));
    }
    match schema {
        None => *schema = Some(frame.schema().clone()),
        Some(first) if *first == *frame.schema() => {}
        Some(first) => return Err(damaged(difference(first, frame.schema()))),
    }
    Ok(frame)
}

fn difference(first: &Schema, this: &Schema) -> String {
    let names = |schema: &Schema| schema.iter().map(|(name, ty)| format!("{name} {ty}")).collect::<Vec<_>>();
    let (first, this) = (names(first), names(this));
    let differs = this.iter().chain(&first).find(|one| !(first.contains(one) && this.contains(one)));
    format!("its schema differs from that of the parts before it at {}", differs.map_or("the order", String::as_str))
}
