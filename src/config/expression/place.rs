//! Where in the text: from the parser's lines and columns to byte ranges.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Span};

use super::ExpressionError;

/// The text of an expression and where its lines begin.
pub(super) struct Places<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { text, lines }
    }

    /// Byte offset of a location (1-based line and column in characters); the end of the text when it lies beyond.
    pub(super) fn offset(&self, location: Location) -> usize {
        let Some(line) = usize::try_from(location.line).ok().and_then(|l| l.checked_sub(1)) else { return 0 };
        let Some(&start) = self.lines.get(line) else { return self.text.len() };
        let column = usize::try_from(location.column).unwrap_or(usize::MAX).saturating_sub(1);
        self.text[start..].char_indices().nth(column).map_or(self.text.len(), |(i, _)| start + i)
    }

    /// Byte range of a span; the whole text when the parser has none.
    pub(super) fn range(&self, span: Span) -> Range<usize> {
        if span == Span::empty() {
            return 0..self.text.len();
        }
        let start = self.offset(span.start);
        start..self.offset(span.end).max(start)
    }

    /// Parts the `at Line: 1, Column: 5` that the parser appends from its message.
    pub(super) fn split_location<'m>(&self, message: &'m str) -> (&'m str, Range<usize>) {
        let parts = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
            let (line, column) = place.split_once(", Column: ")?;
            Some((text, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
        });
        match parts {
            Some((text, location)) => {
                let start = self.offset(location);
                (text, start..self.word_end(start))
            }
            // "found: EOF" has no place of its own.
            None => (message, self.text.len()..self.text.len()),
        }
    }

    fn word_end(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        start + word.max(rest.chars().next().map_or(0, char::len_utf8))
    }

    /// An error about the whole text.
    pub(super) fn whole(&self, message: impl Into<String>, help: Option<String>) -> ExpressionError {
        ExpressionError { message: message.into(), at: 0..self.text.len(), help }
    }
}
