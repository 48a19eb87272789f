//! The keys of `[landing]` that say in which form files come and how much of one may be unpacked.

use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::plan::{Budget, CsvForm, Evolution, FileFormat};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    Tsv,
    Json,
    Parquet,
    Arrow,
    Avro,
    Auto,
}

const FORMS: [(&str, Form); 8] = [
    ("csv", Form::Csv),
    ("tsv", Form::Tsv),
    ("json", Form::Json),
    ("ndjson", Form::Json),
    ("parquet", Form::Parquet),
    ("arrow", Form::Arrow),
    ("avro", Form::Avro),
    ("auto", Form::Auto),
];

/// Ends of file names and what they promise; csv is what is expected otherwise.
const ENDS: [(&str, Form); 11] = [
    (".tsv", Form::Tsv),
    (".tab", Form::Tsv),
    (".json", Form::Json),
    (".ndjson", Form::Json),
    (".jsonl", Form::Json),
    (".parquet", Form::Parquet),
    (".pq", Form::Parquet),
    (".arrow", Form::Arrow),
    (".feather", Form::Arrow),
    (".ipc", Form::Arrow),
    (".avro", Form::Avro),
];

/// The form of the files that `pattern` finds.
pub(super) fn read(section: &Section<'_>, pattern: &str) -> FileFormat {
    let plain = [".gz", ".zst", ".zip"].iter().find_map(|end| pattern.strip_suffix(end)).unwrap_or(pattern);
    let by_name = ENDS.iter().find(|(end, _)| plain.ends_with(end)).map_or(Form::Csv, |(_, form)| *form);
    let form = section.or("format", by_name, |f| f.choice(&FORMS));
    let keys = ["delimiter", "quote", "encoding", "decimal", "header", "nulls"].map(|key| section.get(key));
    if !matches!(form, Form::Csv | Form::Tsv | Form::Auto) {
        for field in keys.iter().flatten() {
            let help = "remove it, or say `format = \"csv\"`";
            field.error_with_help(format!("`{}` has no meaning for {}", field.key, name(form)), help);
        }
    }
    let [delimiter, quote, encoding, decimal, header, nulls] = keys.each_ref().map(Option::as_ref);
    let defaults = CsvForm::default();
    let csv = CsvForm {
        delimiter: delimiter.and_then(separator).unwrap_or(if form == Form::Tsv { '\t' } else { ',' }),
        quote: quote.map_or(defaults.quote, quote_mark),
        encoding: encoding.and_then(encoding_name),
        decimal: decimal.and_then(|f| f.choice(&[(".", '.'), (",", ',')])).unwrap_or(defaults.decimal),
        header: header.and_then(Field::boolean).unwrap_or(defaults.header),
        nulls: nulls.and_then(Field::texts).unwrap_or_default().into_iter().map(str::to_owned).collect(),
    };
    if csv.quote == Some(csv.delimiter)
        && let Some(field) = quote.or(delimiter)
    {
        field.error("the quote is also the delimiter", "expected two different characters");
    }
    match form {
        Form::Csv | Form::Tsv => FileFormat::Csv(csv),
        Form::Json => FileFormat::Json,
        Form::Parquet => FileFormat::Parquet,
        Form::Arrow => FileFormat::Arrow,
        Form::Avro => FileFormat::Avro,
        Form::Auto => FileFormat::Auto(csv),
    }
}

/// What becomes of columns that nobody asked for.
pub(super) fn evolution(section: &Section<'_>) -> Evolution {
    let choices = [
        ("freeze", Evolution::Freeze),
        ("add", Evolution::Add),
        ("rescue", Evolution::Rescue),
        ("fail", Evolution::Fail),
    ];
    section.or("evolution", Evolution::Freeze, |f| f.choice(&choices))
}

/// How much of a file may be unpacked.
pub(super) fn budget(section: &Section<'_>) -> Budget {
    let defaults = Budget::default();
    let size = |key, default| section.or(key, default, Field::size).max(1);
    Budget {
        unpacked: size("max_unpacked", defaults.unpacked),
        ratio: section.or("max_ratio", defaults.ratio, |f| f.integer(1, i64::MAX)),
        record: size("max_record", defaults.record),
        columns: section.or("max_columns", defaults.columns, |f| f.integer(1, 1_000_000)),
    }
}

fn name(form: Form) -> &'static str {
    match form {
        Form::Json => "JSON",
        Form::Parquet => "Parquet",
        Form::Arrow => "Arrow",
        Form::Avro => "Avro",
        Form::Csv | Form::Tsv | Form::Auto => "separated values",
    }
}

fn separator(field: &Field<'_>) -> Option<char> {
    one_character(field, |c| !matches!(c, '"' | '\n' | '\r') && !c.is_ascii_alphanumeric(), "such as \",\" or \"\\t\"")
}

/// An empty text is no quote at all.
fn quote_mark(field: &Field<'_>) -> Option<char> {
    if field.is_empty_text() {
        return None;
    }
    one_character(field, |c| c.is_ascii_punctuation(), "such as \"\\\"\" or \"'\", or \"\" for none").or(Some('"'))
}

fn one_character(field: &Field<'_>, fits: impl Fn(char) -> bool, such_as: &str) -> Option<char> {
    let text = field.text()?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() && fits(c) => Some(c),
        _ => {
            field.error(format!("`{}` cannot be {text:?}", field.key), format!("expected one character {such_as}"));
            None
        }
    }
}

/// The WHATWG's name of an encoding; none for UTF-8.
fn encoding_name(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let label = if text.eq_ignore_ascii_case("latin-1") { "latin1" } else { text };
    match encoding_rs::Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == encoding_rs::UTF_8 => None,
        Some(encoding) if encoding != encoding_rs::REPLACEMENT => Some(encoding.name().to_ascii_lowercase()),
        _ => {
            let message = format!("`{}` names no encoding that is known: \"{text}\"", field.key);
            field.error(message, "expected a name such as \"utf-8\", \"utf-16le\", \"latin-1\" or \"windows-1252\"");
            None
        }
    }
}
