//! `[landing.stream]`: how a stream is read.

use std::time::Duration;

use crate::config::field::Field;
use crate::config::section::Section;
use crate::config::stream::{Start, Stream};
use crate::domain::location::Location;
use crate::domain::plan::{CsvForm, FileFormat};
use crate::domain::stream::Stream as Place;

/// Keys of `[landing]` that speak of files as somebody else writes them.
const OF_FILES: [&str; 6] = ["pattern", "settle", "settle_max", "watch", "marker", "temporary"];

/// Reads the table, of a landing at `location` if that is a stream.
pub(super) fn read(landing: &Section<'_>, location: Option<&Location>) -> Option<Stream> {
    let field = landing.get("stream");
    let Some(location) = location.filter(|location| Place::is_meant(&location.root)) else {
        if let Some(field) = field {
            field.error_with_help("`path` is no stream", "remove [landing.stream], or give the URL of a stream");
        }
        return None;
    };
    for field in OF_FILES.into_iter().filter_map(|key| landing.get(key)) {
        field.error_with_help(format!("`{}` has no meaning for a stream", field.key), "remove it");
    }
    let mut stream = Stream {
        location: location.clone(),
        start: Start::Earliest,
        max_rows: 100_000,
        max_bytes: 64_000_000,
        window: Duration::from_secs(5),
        settle: Duration::from_secs(5),
        generation: 1,
    };
    if let Some(section) = field.and_then(|field| field.section("[landing.stream]")) {
        let starts = [("earliest", Start::Earliest), ("latest", Start::Latest)];
        stream.start = section.or("start", stream.start, |f| f.choice(&starts));
        stream.max_rows = section.or("max_rows", stream.max_rows, |f| f.integer(1, 10_000_000));
        stream.max_bytes = section.or("max_bytes", stream.max_bytes, Field::size).clamp(1_000, 1 << 30);
        stream.window = section.or("window", stream.window, |f| f.duration(Duration::from_millis(100)));
        if let Some(field) = section.get("settle") {
            if is_container(location) {
                stream.settle = field.duration(Duration::ZERO).unwrap_or(stream.settle);
            } else {
                field
                    .error_with_help("`settle` is for containers, whose documents have no order but time", "remove it");
            }
        }
        stream.generation = section.or("generation", stream.generation, |f| f.integer(1, i64::from(u32::MAX)));
        section.finish();
    }
    Some(stream)
}

/// The form of a stream's records, of which each is a line: no header comes with them, and they are UTF-8.
pub(super) fn form(landing: &Section<'_>, stream: &Stream, format: FileFormat) -> FileFormat {
    let wrong = |key: &'static str, why: &str, help: &str| {
        if let Some(field) = landing.get(key) {
            field.error_with_help(why, help);
        }
    };
    match format {
        FileFormat::Json => FileFormat::Json,
        FileFormat::Csv(form) if !is_container(&stream.location) => {
            if landing.get("header").and_then(|f| f.boolean()) == Some(true) {
                wrong("header", "no header comes with a stream", "remove it: fields are those of [columns], in order");
            }
            if form.encoding.is_some() {
                wrong("encoding", "records of a stream are UTF-8", "remove it");
            }
            FileFormat::Csv(CsvForm { header: false, encoding: None, ..form })
        }
        other => {
            let help = "say \"json\", or of a topic \"csv\" or \"tsv\"";
            wrong("format", "a stream's records cannot be of this form", help);
            other
        }
    }
}

fn is_container(location: &Location) -> bool {
    matches!(Place::of(location), Some(Place::Cosmos { .. }))
}
