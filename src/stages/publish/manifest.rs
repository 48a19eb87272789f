//! The contract with readers: what a publication consists of, and what its columns are.

use polars::prelude::{DataType, Schema};
use serde_json::{Value, json};

use crate::domain::dataset::Part;
use crate::domain::job::{Job, PublishJob};

/// Version of the manifest's own form.
const FORM: u32 = 1;

/// The objects of a publication, with rows, size and BLAKE3 of each.
pub(super) struct Manifest {
    head: Value,
    objects: Vec<Value>,
}

impl Manifest {
    pub fn new(job: &Job, work: &PublishJob) -> Self {
        let head = json!({
            "form": FORM,
            "pipeline": job.pipeline,
            "run": job.run,
            "published": job.now,
            "model_version": work.champion,
            "key": work.key,
        });
        Self { head, objects: Vec::new() }
    }

    /// Adds an object; `format` is `parquet`, `csv` or `schema`.
    pub fn add(&mut self, part: &Part, format: &str) {
        self.objects.push(json!({
            "path": part.path,
            "format": format,
            "partition": part.partition.trim_start_matches("predictions/"),
            "rows": part.rows,
            "bytes": part.bytes,
            "blake3": part.hash,
            "from": part.from,
            "to": part.to,
        }));
    }

    /// The manifest as a file.
    pub fn json(mut self) -> String {
        self.head["objects"] = Value::Array(self.objects);
        format!("{:#}\n", self.head)
    }
}

/// The columns of a published table as a file: name, type, whether it is part of a row's identity.
pub(super) fn schema_json(schema: &Schema, key: &[String]) -> String {
    let columns: Vec<Value> = schema
        .iter()
        .map(|(name, ty)| {
            json!({"name": name.as_str(), "type": type_name(ty), "key": key.iter().any(|one| one == name.as_str())})
        })
        .collect();
    format!("{:#}\n", json!({"form": FORM, "columns": columns}))
}

pub(super) fn type_name(ty: &DataType) -> &'static str {
    match ty {
        DataType::String => "text",
        DataType::Boolean => "boolean",
        DataType::Date => "date",
        DataType::Datetime(..) => "datetime (UTC)",
        ty if ty.is_float() => "float",
        ty if ty.is_integer() => "integer",
        _ => "other",
    }
}
