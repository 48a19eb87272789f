//! The forms in which files land, and how much of one Landfall is willing to unpack.

use serde::{Deserialize, Serialize};

/// How bytes of a landed file become rows. Every form may be plain, gzip, zstd or zip (by magic number).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FileFormat {
    /// Separated values.
    Csv(CsvForm),
    /// One JSON object a line, or one array of objects: the first character says which.
    Json,
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC file (also called Feather).
    Arrow,
    /// An Avro object container.
    Avro,
    /// Whatever the first bytes say; text that is not JSON is separated values of this form.
    Auto(CsvForm),
}

impl FileFormat {
    /// How its text is separated, if it may be text of that kind.
    pub fn csv(&self) -> Option<&CsvForm> {
        match self {
            Self::Csv(form) | Self::Auto(form) => Some(form),
            _ => None,
        }
    }
}

/// How separated values are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CsvForm {
    /// Field separator, an ASCII character.
    pub delimiter: char,
    /// Spellings of null beside the empty field.
    pub nulls: Vec<String>,
    /// What encloses a field, an ASCII character; nothing does when absent.
    #[serde(default = "quote")]
    pub quote: Option<char>,
    /// Its encoding by the name the WHATWG gives it, as in `utf-16le`; UTF-8 when absent. A byte order mark wins.
    #[serde(default)]
    pub encoding: Option<String>,
    /// What stands between a number's whole part and its fraction.
    #[serde(default = "point")]
    pub decimal: char,
    /// Whether the first record names the columns; otherwise they are those of the plan that are read, in its order.
    #[serde(default = "yes")]
    pub header: bool,
}

impl Default for CsvForm {
    fn default() -> Self {
        let (delimiter, nulls, encoding) = (',', Vec::new(), None);
        Self { delimiter, nulls, quote: quote(), encoding, decimal: point(), header: yes() }
    }
}

/// What becomes of columns that a file has beside those of the plan. A column of the plan that a file lacks is another
/// schema in any case, unless it is optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evolution {
    /// They are left out.
    #[default]
    Freeze,
    /// They become columns of the history, which no feature reads until the plan names them.
    Add,
    /// They are kept as JSON text in the column `_rescued`.
    Rescue,
    /// The file is quarantined.
    Fail,
}

impl Evolution {
    /// What it does, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Freeze => "left out",
            Self::Add => "added to the history, with the types of their values",
            Self::Rescue => "kept as JSON in `_rescued`",
            Self::Fail => "the file is quarantined",
        }
    }
}

/// What one file may be unpacked to before it is refused: what looks small may hold more than the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// Most bytes of content, unpacked; of a columnar file, of the values its columns claim to hold.
    pub unpacked: u64,
    /// Most bytes of content for each byte of the file. Counts from a 256th of `unpacked` on.
    pub ratio: u64,
    /// Most bytes of one record.
    pub record: u64,
    /// Most columns.
    pub columns: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { unpacked: 64 << 30, ratio: 1_000, record: 16 << 20, columns: 10_000 }
    }
}

impl Budget {
    /// Why `unpacked` bytes from a file of `packed` are too many, if they are.
    pub fn refuses(&self, unpacked: u64, packed: u64) -> Option<String> {
        if unpacked > self.unpacked {
            let most = super::format::bytes(self.unpacked);
            return Some(format!("it holds more than the {most} that a file may unpack to (`landing.max_unpacked`)"));
        }
        let counts = unpacked > self.unpacked / 256 && unpacked / packed.max(1) > self.ratio;
        counts.then(|| {
            format!(
                "it unpacks to more than {} times its size (`landing.max_ratio`): a decompression bomb?",
                self.ratio
            )
        })
    }
}

fn quote() -> Option<char> {
    Some('"')
}

fn point() -> char {
    '.'
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::{Budget, CsvForm, FileFormat};

    #[test]
    fn a_form_from_before_is_read_with_the_defaults() {
        let old = r#"{"kind":"csv","delimiter":";","nulls":["NA"]}"#;
        let form = CsvForm { delimiter: ';', nulls: vec!["NA".to_owned()], ..CsvForm::default() };
        assert_eq!(serde_json::from_str::<FileFormat>(old).unwrap(), FileFormat::Csv(form));
    }

    #[test]
    fn a_budget_refuses_size_and_ratio_but_lets_small_files_be_well_packed() {
        let budget = Budget { unpacked: 25_600, ratio: 10, ..Budget::default() };
        assert_eq!(budget.refuses(100, 1), None);
        assert_eq!(budget.refuses(1_000, 100), None);
        assert!(budget.refuses(1_200, 100).unwrap().contains("more than 10 times"));
        assert!(budget.refuses(25_601, 20_000).unwrap().contains("more than the"));
    }
}
