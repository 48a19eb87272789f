//! Fields that no column of the plan reads, kept as JSON text in the column `_rescued` of a plan that has one.

use serde_json::{Map, Value};

use super::columns::ColumnRule;
use crate::domain::plan::system;

/// Which of the rules is the rescue column, and what goes there.
pub(super) struct Rescue<'h> {
    /// Its place among the rules.
    pub rule: usize,
    extra: Vec<(usize, &'h str)>,
}

/// Place of the rescue column among `rules`, if the plan has one.
pub(super) fn place(rules: &[&ColumnRule<'_>]) -> Option<usize> {
    rules.iter().position(|rule| rule.plan.source == system::RESCUED)
}

/// Whether a field of this name is read by one of `rules`.
pub(super) fn is_read(name: &str, rules: &[&ColumnRule<'_>]) -> bool {
    rules.iter().any(|rule| rule.plan.source == name)
}

impl<'h> Rescue<'h> {
    /// What is to be rescued of a file with these columns; `None` when nothing is.
    pub fn of(header: &'h [String], rules: &[&ColumnRule<'_>]) -> Option<Self> {
        let rule = place(rules)?;
        let extra = header.iter().map(String::as_str).enumerate().filter(|(_, name)| !is_read(name, rules));
        Some(Self { rule, extra: extra.collect() })
    }

    /// The extra fields of a record that hold something.
    pub fn json<T: AsRef<str>>(&self, text: impl Fn(usize) -> T) -> Option<String> {
        let fields = self.extra.iter().filter_map(|(at, name)| {
            let value = text(*at);
            let value = value.as_ref();
            (!value.is_empty()).then(|| ((*name).to_owned(), Value::String(value.to_owned())))
        });
        written(fields.collect())
    }
}

/// The JSON text of what was rescued of one record; `None` of nothing.
pub(super) fn written(fields: Map<String, Value>) -> Option<String> {
    (!fields.is_empty()).then(|| Value::Object(fields).to_string())
}
