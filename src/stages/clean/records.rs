//! Splitting CSV text into records and fields (RFC 4180, and what is found in the wild: any one-byte separator, either
//! line end, blank lines).
//!
//! Our own, because cleaning must say of every refused value which record it stood in and what it was: polars' reader
//! fills a record that was cut short with nulls and drops a surplus field without a word, and a null in place of a
//! target means "not known yet" here.

use std::borrow::Cow;
use std::ops::Range;

/// A walk over the records of a text.
pub(super) struct Records<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    quote: u8,
}

/// One field: where its content is, quotes taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    range: Range<usize>,
    escaped: bool,
}

/// One record, beside its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// A whole one and the place of its text.
    Whole(Range<usize>),
    /// Text follows a closing quote.
    Misquoted(Range<usize>),
    /// A quote is opened and never closed: the rest of the file is inside it.
    Unclosed,
}

impl<'a> Records<'a> {
    /// Over `text`, which holds no NUL: as the `quote`, that is none at all.
    pub fn new(text: &'a str, delimiter: u8, quote: u8) -> Self {
        Self { text, at: 0, delimiter, quote }
    }

    /// Where the next record begins.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether the record just read may go on behind the text.
    pub fn may_go_on(&self, record: &Record) -> bool {
        match record {
            Record::Whole(place) | Record::Misquoted(place) => place.end == self.text.len(),
            Record::Unclosed => true,
        }
    }

    /// The next record; its fields replace what is in `fields`. A blank line is a record with one empty field.
    #[inline]
    pub fn next(&mut self, fields: &mut Vec<Field>) -> Option<Record> {
        fields.clear();
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return None;
        }
        let start = self.at;
        let mut misquoted = false;
        loop {
            let Some((field, clean)) = self.field() else { return Some(Record::Unclosed) };
            misquoted |= !clean;
            fields.push(field);
            match bytes.get(self.at) {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                _ => break,
            }
        }
        let end = self.at;
        self.at += match bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => 2,
            // The text ends within a line end.
            Some([b'\n', ..] | [b'\r']) => 1,
            _ => 0,
        };
        Some(if misquoted { Record::Misquoted(start..end) } else { Record::Whole(start..end) })
    }

    /// The text of a field.
    #[inline]
    pub fn text(&self, field: &Field) -> Cow<'a, str> {
        let text = &self.text[field.range.clone()];
        if !field.escaped {
            return Cow::Borrowed(text);
        }
        let quote = char::from(self.quote);
        Cow::Owned(text.replace(&format!("{quote}{quote}"), &quote.to_string()))
    }

    /// The text at a place.
    pub fn slice(&self, range: &Range<usize>) -> &'a str {
        &self.text[range.clone()]
    }

    /// Reads the field at the present place up to its separator or line end; whether its quoting is in order. `None`
    /// when a quote is not closed.
    #[inline]
    fn field(&mut self) -> Option<(Field, bool)> {
        if self.text.as_bytes().get(self.at) == Some(&self.quote) {
            return self.quoted();
        }
        let start = self.at;
        self.skip_to_end();
        Some((Field { range: start..self.at, escaped: false }, true))
    }

    fn quoted(&mut self) -> Option<(Field, bool)> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let end = closing(bytes, start, self.quote)?;
        let escaped = memchr::memchr(self.quote, &bytes[start..end]).is_some();
        self.at = end + 1;
        self.skip_to_end();
        Some((Field { range: start..end, escaped }, self.at == end + 1))
    }

    #[inline]
    fn skip_to_end(&mut self) {
        let bytes = self.text.as_bytes();
        let rest = &bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == self.delimiter || *byte == b'\n').unwrap_or(rest.len());
        self.at += length;
        // The carriage return belongs to the line end, not to the field.
        let line_end = bytes.get(self.at).is_none_or(|byte| *byte == b'\n');
        if line_end && length > 0 && bytes[self.at - 1] == b'\r' {
            self.at -= 1;
        }
    }
}

/// Where the last record of `text` ends that has a line end, 0 without one. `text` begins with a record.
pub(super) fn boundary(text: &str, delimiter: u8, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let (mut end, mut open) = (0, 0);
    // From `open` on there is no quoted field but those that begin at a quote found below.
    let mut from = open;
    loop {
        let quoted = memchr::memchr(quote, &bytes[from..]).map(|at| from + at);
        if let Some(at) = quoted
            && at > 0
            && bytes[at - 1] != delimiter
            && bytes[at - 1] != b'\n'
        {
            // A quote within a field that did not begin with one is like any other character.
            from = at + 1;
            continue;
        }
        if let Some(line_end) = memchr::memrchr(b'\n', &bytes[open..quoted.unwrap_or(bytes.len())]) {
            end = open + line_end + 1;
        }
        let Some(closed) = quoted.and_then(|at| closing(bytes, at + 1, quote)) else { return end };
        (open, from) = (closed + 1, closed + 1);
    }
}

/// Where the quoted text that begins at `at` is closed.
fn closing(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        at += memchr::memchr(quote, bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&quote) {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<Vec<String>> {
        let mut records = Records::new(text, b',', b'"');
        let (mut fields, mut all) = (Vec::new(), Vec::new());
        while let Some(record) = records.next(&mut fields) {
            assert!(matches!(record, Record::Whole(_)), "{record:?} in {text:?}");
            all.push(fields.iter().map(|field| records.text(field).into_owned()).collect());
        }
        all
    }

    #[test]
    fn plain_quoted_and_multi_line_fields() {
        assert_eq!(split("a,b\n1,2\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(split("a,b\r\n1,\r\n"), [["a", "b"], ["1", ""]]);
        assert_eq!(split("\"a,\"\"b\",\"c\nd\"\n,"), [["a,\"b", "c\nd"], ["", ""]]);
        assert_eq!(split("a\n\nb"), [["a"], [""], ["b"]]);
        assert_eq!(split("\"\",x"), [["", "x"]]);
        assert_eq!(split("\"a\"\r\n\"b\""), [["a"], ["b"]]);
        assert_eq!(split("a\r"), [["a"]]);
        assert_eq!(split("a\n\r"), [["a"], [""]]);
    }

    #[test]
    fn broken_quoting_is_told_apart() {
        let mut fields = Vec::new();
        assert_eq!(Records::new("\"a\"b,c\n", b',', b'"').next(&mut fields), Some(Record::Misquoted(0..6)));
        assert_eq!(Records::new("\"a,b\nc,d\n", b',', b'"').next(&mut fields), Some(Record::Unclosed));
        assert_eq!(Records::new("", b',', b'"').next(&mut fields), None);
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_by_the_book_is_read_back(table in proptest::collection::vec(
            proptest::collection::vec("[a-z,\"\n\r ä]{0,6}", 2..4), 1..5)) {
            let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let text: String =
                table.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect();
            proptest::prop_assert_eq!(split(&text), table);
        }

        #[test]
        fn a_text_is_cut_where_the_walk_over_its_records_is_between_two(text in "[a,\"\n\r]{0,24}") {
            let (mut records, mut fields, mut ends) = (Records::new(&text, b',', b'"'), Vec::new(), vec![0]);
            while let Some(record) = records.next(&mut fields) {
                if record == Record::Unclosed {
                    break;
                }
                if text[..records.at()].ends_with('\n') {
                    ends.push(records.at());
                }
            }
            proptest::prop_assert_eq!(boundary(&text, b',', b'"'), *ends.last().unwrap());
        }
    }
}
