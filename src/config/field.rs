//! One value of a TOML file, read as the type it should have.
//!
//! Every reader records what is wrong at the value's place and then gives `None`.

use std::ops::Range;
use std::time::Duration;

use toml_edit::{ArrayOfTables, TableLike, Value};

use super::nearest::nearest;
use super::section::Section;
use super::source::Source;
use super::units;
use crate::domain::expr::Literal;

/// A key with its value, or an element of an array (its key is then the array's).
#[derive(Clone)]
pub(super) struct Field<'a> {
    /// The file it is in.
    pub(super) source: &'a Source,
    /// The key.
    pub(super) key: &'a str,
    /// Where the key is.
    pub(super) key_at: Range<usize>,
    /// Where the value is (the key again, for a table with its own header).
    pub(super) at: Range<usize>,
    pub(super) node: Node<'a>,
}

/// What stands behind a key.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    /// Anything but a table.
    Value(&'a Value),
    /// `key = { … }` or `[key]`.
    Table(&'a dyn TableLike),
    /// `[[key]]`.
    Tables(&'a ArrayOfTables),
}

impl<'a> Field<'a> {
    /// Records an error about the value.
    pub(super) fn error(&self, message: impl Into<String>, expected: impl Into<String>) {
        self.source.error(self.at.clone(), message, expected);
    }

    /// Records an error about the value, with what to do.
    pub(super) fn error_with_help(&self, message: impl Into<String>, help: impl Into<String>) {
        self.source.error_with_help(self.at.clone(), message, "", Some(help.into()));
    }

    fn wrong<T>(&self, expected: &str) -> Option<T> {
        let found = match self.node {
            Node::Value(value) => match value.type_name() {
                name @ ("integer" | "array") => format!("an {name}"),
                name => format!("a {name}"),
            },
            Node::Table(_) => "a table".to_owned(),
            Node::Tables(_) => "an array of tables".to_owned(),
        };
        self.error(format!("`{}` is {found}", self.key), format!("expected {expected}"));
        None
    }

    /// Text, which must not be empty.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.any_text("a string")? {
            "" => {
                self.error(format!("`{}` is empty", self.key), "expected text");
                None
            }
            text => Some(text),
        }
    }

    /// Whether it is the empty text.
    pub(super) fn is_empty_text(&self) -> bool {
        matches!(self.node, Node::Value(Value::String(text)) if text.value().is_empty())
    }

    fn any_text(&self, expected: &str) -> Option<&'a str> {
        match self.node {
            Node::Value(Value::String(text)) => Some(text.value()),
            _ => self.wrong(expected),
        }
    }

    /// Byte offset in the file of the first character of a string's content, if the content stands there as it is
    /// (no escapes), so that a place within the content is a place in the file.
    pub(super) fn text_start(&self) -> Option<usize> {
        let Node::Value(Value::String(text)) = self.node else { return None };
        let raw = self.source.text().get(self.at.clone())?;
        let offset = raw.find(text.value().as_str())?;
        let quotes = raw[..offset].trim_end_matches(['\r', '\n']);
        matches!(quotes, "\"" | "'" | "\"\"\"" | "'''").then_some(self.at.start + offset)
    }

    /// True or false.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self.node {
            Node::Value(Value::Boolean(value)) => Some(*value.value()),
            _ => self.wrong("true or false"),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn integer<T: TryFrom<i64>>(&self, least: i64, most: i64) -> Option<T> {
        let expected = if most == i64::MAX {
            format!("a whole number of at least {least}")
        } else {
            format!("a whole number from {least} to {most}")
        };
        let Node::Value(Value::Integer(value)) = self.node else { return self.wrong(&expected) };
        let value = *value.value();
        let fitting = (least..=most).contains(&value).then(|| T::try_from(value).ok()).flatten();
        if fitting.is_none() {
            self.error(format!("`{}` is {value}", self.key), format!("expected {expected}"));
        }
        fitting
    }

    /// Any finite number.
    pub(super) fn number(&self) -> Option<f64> {
        self.number_where("a number", |_| true)
    }

    /// A finite number for which `fits` holds; `expected` says which those are.
    pub(super) fn number_where(&self, expected: &str, fits: impl FnOnce(f64) -> bool) -> Option<f64> {
        let value = match self.node {
            Node::Value(Value::Float(value)) => *value.value(),
            #[allow(clippy::cast_precision_loss, reason = "no setting is larger than 2^53")]
            Node::Value(Value::Integer(value)) => *value.value() as f64,
            _ => return self.wrong(expected),
        };
        if value.is_finite() && fits(value) {
            return Some(value);
        }
        self.error(format!("`{}` is {value}", self.key), format!("expected {expected}"));
        None
    }

    /// A share from 0 to 1.
    pub(super) fn share(&self) -> Option<f64> {
        self.number_where("a share from 0 to 1", |x| (0.0..=1.0).contains(&x))
    }

    /// A number above zero.
    pub(super) fn positive(&self) -> Option<f64> {
        self.number_where("a number above 0", |x| x > 0.0)
    }

    /// A duration of at least `least`.
    pub(super) fn duration(&self, least: Duration) -> Option<Duration> {
        let text = self.any_text(units::A_DURATION)?;
        match units::parse_duration(text) {
            Ok(duration) if duration >= least => Some(duration),
            Ok(_) => {
                let expected = format!("expected at least {}", units::format_duration(least));
                self.error(format!("`{}` is too short", self.key), expected);
                None
            }
            Err(why) => {
                self.error(
                    format!("`{}` is not a duration: {why}", self.key),
                    format!("expected {}", units::A_DURATION),
                );
                None
            }
        }
    }

    /// A size in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        match units::parse_size(self.any_text(units::A_SIZE)?) {
            Ok(bytes) => Some(bytes),
            Err(why) => {
                self.error(format!("`{}` is not a size: {why}", self.key), format!("expected {}", units::A_SIZE));
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Clone>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let expected =
            format!("one of {}", words.iter().map(|w| format!("\"{}\"", w.0)).collect::<Vec<_>>().join(", "));
        let text = self.any_text(&expected)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let help = nearest(text, words.iter().map(|w| w.0)).map(|near| format!("did you mean \"{near}\"?"));
            let message = format!("`{}` cannot be \"{text}\"", self.key);
            self.source.error_with_help(self.at.clone(), message, format!("expected {expected}"), help);
        }
        found
    }

    /// The elements of an array.
    pub(super) fn elements(&self, expected: &str) -> Option<Vec<Field<'a>>> {
        let Node::Value(Value::Array(array)) = self.node else { return self.wrong(expected) };
        let element = |value: &'a Value| Field {
            at: value.span().unwrap_or_else(|| self.at.clone()),
            node: value.as_inline_table().map_or(Node::Value(value), |table| Node::Table(table)),
            ..self.clone()
        };
        Some(array.iter().map(element).collect())
    }

    /// The tables of `[[key]]`, or of `key = [{ … }]`.
    pub(super) fn tables(&self, expected: &str) -> Option<Vec<Field<'a>>> {
        let Node::Tables(tables) = self.node else { return self.elements(expected) };
        let element = |table: &'a toml_edit::Table| {
            let at = table.span().unwrap_or_else(|| self.key_at.clone());
            Field { key_at: at.clone(), at, node: Node::Table(table), ..self.clone() }
        };
        Some(tables.iter().map(element).collect())
    }

    /// An array of texts, which may be empty ones; wrong elements are left out.
    pub(super) fn texts(&self) -> Option<Vec<&'a str>> {
        let elements = self.elements("a list of strings")?;
        Some(elements.iter().filter_map(|element| element.any_text("strings only")).collect())
    }

    /// A constant.
    pub(super) fn literal(&self) -> Option<Literal> {
        match self.node {
            Node::Value(Value::String(text)) => Some(Literal::Text(text.value().clone())),
            Node::Value(Value::Integer(value)) => Some(Literal::Integer(*value.value())),
            Node::Value(Value::Float(value)) if value.value().is_finite() => Some(Literal::Float(*value.value())),
            Node::Value(Value::Boolean(value)) => Some(Literal::Boolean(*value.value())),
            _ => self.wrong("a string, a number, true or false"),
        }
    }

    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.node, Node::Value(Value::String(_)))
    }

    /// Whether it is a table.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.node, Node::Table(_))
    }

    /// A table, which is called `name` in messages.
    pub(super) fn section(&self, name: impl Into<String>) -> Option<Section<'a>> {
        match self.node {
            Node::Table(table) => Some(Section::new(self.source, self.key_at.clone(), name, table)),
            _ => self.wrong("a table"),
        }
    }
}
