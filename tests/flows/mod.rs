//! What an operator does on the command line, through the real binary on small workspaces.

mod again;
mod answers;
mod asking;
mod clock;
mod deciding;
mod demo;
mod drift;
mod engine;
mod exporting;
mod learning;
mod listings;
mod predicting;
mod quality;
mod refusing;
mod replay;
mod rows;
mod runs;
mod watching;

use serde_json::{Map, Value};

/// A document with the kind of every value in its place; a list is shown by its longest element.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(list) => {
            let longest = list.iter().map(shape).max_by_key(|shape| shape.to_string().len());
            Value::Array(longest.into_iter().collect())
        }
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect::<Map<_, _>>())
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(&shape(value)).unwrap()
}
