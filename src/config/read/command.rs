//! `kind = "command"`: which program, with which environment.

use crate::config::field::{Field, Node};
use crate::config::pipeline::StageSettings;
use crate::config::section::Section;

/// Variables that Landfall itself sets begin so.
const OURS: &str = "LANDFALL_";

pub(super) fn read(section: &Section<'_>) -> StageSettings {
    let expected = "the program to run, as in `program = [\"python3\", \"train.py\"]`";
    let program = section.require("program", expected).and_then(|f| program(&f)).unwrap_or_default();
    let environment = section.get("environment").and_then(|f| environment(&f)).unwrap_or_default();
    StageSettings::Command { program, environment }
}

pub(super) fn program(field: &Field<'_>) -> Option<Vec<String>> {
    let words: Vec<&str> = match field.node {
        Node::Value(value) if value.is_array() => field.texts()?,
        _ => {
            let text = field.text()?;
            if text.contains(['"', '\'', '\\', '$', '|', '>', '<', ';', '&', '`']) {
                let help = "no shell reads it: write the words as a list, as in [\"sh\", \"-c\", \"…\"]";
                field.error_with_help(format!("`{}` has quotes or other signs of a shell", field.key), help);
                return None;
            }
            text.split_whitespace().collect()
        }
    };
    if words.first().is_none_or(|first| first.is_empty()) {
        field.error(format!("`{}` names no program", field.key), "expected a program and its arguments");
        return None;
    }
    Some(words.into_iter().map(str::to_owned).collect())
}

pub(super) fn environment(field: &Field<'_>) -> Option<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for variable in field.section("environment")?.fields() {
        if variable.key.is_empty() || variable.key.contains('=') || variable.key.starts_with(OURS) {
            let message = format!("`{}` cannot be set", variable.key);
            field.source.error(variable.key_at.clone(), message, format!("expected a name without `=` or {OURS}"));
        }
        // An empty variable is a legal one, unlike most empty texts.
        match variable.node {
            Node::Value(toml_edit::Value::String(text)) => {
                variables.push((variable.key.to_owned(), text.value().clone()));
            }
            _ => variable.error(format!("`{}` is not a string", variable.key), "expected a string"),
        }
    }
    Some(variables)
}
