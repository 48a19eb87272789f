//! A record of a stream as one line of a file.
//!
//! One record is one line, whatever is in it: a record that is no row becomes a line that is none either, so that it is
//! rejected by itself, with what it was, and takes no other with it.

use crate::domain::form::{Budget, FileFormat};

/// How records are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// What encloses a field, of separated values; `None` for JSON.
    csv: Option<Option<u8>>,
    /// A longer record is none.
    longest: usize,
}

/// So much is shown of a record that is too long.
const SHOWN: usize = 200;

impl Lines {
    /// Those of a form.
    pub fn of(format: &FileFormat, budget: Budget) -> Self {
        let csv = format.csv().map(|form| form.quote.and_then(|quote| u8::try_from(quote).ok()));
        Self { csv, longest: usize::try_from(budget.record).unwrap_or(usize::MAX) }
    }

    /// Writes a record behind `lines`; false when it says nothing.
    pub fn push(&self, record: &[u8], lines: &mut Vec<u8>) -> bool {
        let record = record.trim_ascii();
        if record.is_empty() {
            return false;
        }
        let text = std::str::from_utf8(record).ok().filter(|text| text.len() < self.longest);
        match (text.filter(|text| self.is_whole(text)), self.csv) {
            (Some(text), _) => {
                lines.extend(text.bytes().map(|byte| if byte < b' ' && byte != b'\t' { b' ' } else { byte }))
            }
            (None, None) => {
                let shown = serde_json::to_string(&shown(record, self.longest)).unwrap_or_default();
                lines.extend(shown.into_bytes());
            }
            (None, Some(quote)) => {
                // One field, and so not a row of any table with several.
                let quote = char::from(quote.unwrap_or(b'"'));
                let shown = shown(record, self.longest).replace(char::is_control, " ");
                let shown = shown.replace(quote, &format!("{quote}{quote}"));
                lines.extend(format!("{quote}{shown}{quote}").into_bytes());
            }
        }
        lines.push(b'\n');
        true
    }

    /// Whether a text can stand in a line as it is. In JSON a line end is a blank between tokens: within a string it has
    /// to be escaped.
    fn is_whole(&self, text: &str) -> bool {
        match self.csv {
            None => text.starts_with('{'),
            Some(quote) => {
                let marks = quote.map_or(0, |quote| text.bytes().filter(|byte| *byte == quote).count());
                marks % 2 == 0 && !text.contains(|c: char| c.is_control() && c != '\t')
            }
        }
    }
}

fn shown(record: &[u8], longest: usize) -> String {
    if record.len() < longest {
        return String::from_utf8_lossy(record).into_owned();
    }
    let start = String::from_utf8_lossy(&record[..SHOWN.min(longest / 2)]).into_owned();
    format!("{start}… ({} bytes)", record.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lines;
    use crate::domain::form::{Budget, CsvForm, FileFormat};

    fn lines(format: &FileFormat, records: &[&[u8]]) -> String {
        let form = Lines::of(format, Budget { record: 64, ..Budget::default() });
        let mut text = Vec::new();
        records.iter().for_each(|record| {
            form.push(record, &mut text);
        });
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_is_no_row_becomes_a_line_that_is_none() {
        let long = [b"{\"a\": \"".as_slice(), &[b'x'; 60], b"\"}"].concat();
        let json: [(&[u8], &str); 6] = [
            (b"{\"a\": 1}\n", "{\"a\": 1}\n"),
            (b"{\n  \"a\": \"x\\ny\"\r\n}", "{   \"a\": \"x\\ny\"  }\n"),
            (b"[1]", "\"[1]\"\n"),
            (b"\xff\xfe", "\"\u{fffd}\u{fffd}\"\n"),
            (b" \n", ""),
            (&long, "\"{\\\"a\\\": \\\"xxxxxxxxxxxxxxxxxxxxxxxxx… (69 bytes)\"\n"),
        ];
        for (record, line) in json {
            assert_eq!(lines(&FileFormat::Json, &[record]), line);
        }
        let csv: [(&[u8], &str); 5] = [
            (b"1,\"a\",2\r\n", "1,\"a\",2\n"),
            (b"1,\"a\nb\",2", "\"1,\"\"a b\"\",2\"\n"),
            (b"1,\"a,2", "\"1,\"\"a,2\"\n"),
            (b"PK\x03\x04", "\"PK  \"\n"),
            (b"1\n2", "\"1 2\"\n"),
        ];
        for (record, line) in csv {
            assert_eq!(lines(&FileFormat::Csv(CsvForm::default()), &[record]), line);
        }
    }

    proptest! {
        #[test]
        fn a_record_is_one_line_whatever_is_in_it(records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8)) {
            let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            for format in [FileFormat::Json, FileFormat::Csv(CsvForm::default())] {
                let text = lines(&format, &records);
                let said = records.iter().filter(|record| !record.trim_ascii().is_empty()).count();
                prop_assert_eq!(text.matches('\n').count(), said);
                prop_assert!(!text.contains('\r') && (text.is_empty() || text.ends_with('\n')));
            }
        }
    }
}
