//! A table of a TOML file, read key by key: every key that is asked for is known, every other one is an error.
//!
//! A wrong value is recorded at its place and read as absent, so that one pass finds everything that is wrong.

use std::cell::RefCell;
use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use super::field::{Field, Node};
use super::nearest::nearest;
use super::source::Source;

/// A table with fixed keys.
pub(super) struct Section<'a> {
    /// The file it is in.
    pub(super) source: &'a Source,
    /// Where to point at when something is missing in it: its header or key.
    pub(super) at: Range<usize>,
    /// How it is called in messages: `[landing]`, `column `late``.
    pub(super) name: String,
    table: &'a dyn TableLike,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(source: &'a Source, at: Range<usize>, name: impl Into<String>, table: &'a dyn TableLike) -> Self {
        Self { source, at, name: name.into(), table, asked: RefCell::default() }
    }

    /// The field with this key, which is a known one from now on.
    pub(super) fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.asked.borrow_mut().push(key);
        self.find(key)
    }

    /// As [`Self::get`]; its absence is an error.
    pub(super) fn require(&self, key: &'static str, expected: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            self.source.error(self.at.clone(), format!("{} has no `{key}`", self.name), format!("expected {expected}"));
        }
        field
    }

    /// The value of a key by `read`, or `default` when it is absent (or wrong, which `read` has recorded).
    pub(super) fn or<T>(&self, key: &'static str, default: T, read: impl FnOnce(&Field<'a>) -> Option<T>) -> T {
        self.get(key).and_then(|field| read(&field)).unwrap_or(default)
    }

    /// The value of a key by `read`, if it is there and right.
    pub(super) fn maybe<T>(&self, key: &'static str, read: impl FnOnce(&Field<'a>) -> Option<T>) -> Option<T> {
        self.get(key).and_then(|field| read(&field))
    }

    /// All fields of a table whose keys are free, in the order of the file.
    pub(super) fn fields(&self) -> Vec<Field<'a>> {
        self.table.iter().filter_map(|(key, _)| self.find(key)).collect()
    }

    /// Records every key that nothing asked for.
    pub(super) fn finish(self) {
        let known = self.asked.borrow();
        for field in self.fields().into_iter().filter(|field| !known.contains(&field.key)) {
            let message = format!("unknown key `{}` in {}", field.key, self.name);
            let near = nearest(field.key, known.iter().copied());
            let (expected, help) = match near {
                Some(near) => (String::new(), format!("did you mean `{near}`?")),
                None => (String::new(), format!("known keys are {}", listed(known.iter().copied()))),
            };
            self.source.error_with_help(field.key_at.clone(), message, expected, Some(help));
        }
    }

    fn find(&self, key: &str) -> Option<Field<'a>> {
        let (key, item) = self.table.get_key_value(key)?;
        let key_at = key.span().unwrap_or_else(|| self.at.clone());
        let node = match item {
            Item::None => return None,
            Item::Value(Value::InlineTable(table)) => Node::Table(table),
            Item::Value(value) => Node::Value(value),
            Item::Table(table) => Node::Table(table),
            Item::ArrayOfTables(tables) => Node::Tables(tables),
        };
        let at = item.as_value().and_then(Value::span).unwrap_or_else(|| key_at.clone());
        Some(Field { source: self.source, key: key.get(), key_at, at, node })
    }
}

/// `a`, `b`, `c`: names for a message, sorted as given, each once.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
