//! `[landing]`: where files land and how they are read.

use std::time::Duration;

use super::{Surroundings, form, policy, schedule, stores, stream, workspace};
use crate::config::field::Field;
use crate::config::pipeline::{Duplicates, Landing};
use crate::config::section::Section;
use crate::domain::plan::{Budget, Evolution, FileFormat};

/// In which form files come.
pub(super) struct Form {
    pub(super) format: FileFormat,
    pub(super) budget: Budget,
    pub(super) evolution: Evolution,
}

/// Reads the landing of the pipeline `name`, the form of its files, and how much of one may be unpacked.
pub(super) fn read(section: Section<'_>, name: &str, surroundings: &Surroundings<'_>) -> Option<(Landing, Form)> {
    let path = section
        .require("path", "the folder that files land in, as in `path = \"landing\"`")
        .and_then(|f| stores::landing(&f, surroundings.root, surroundings.stores));
    let stream = stream::read(&section, path.as_ref());
    let remote = path.clone().filter(|place| stream.is_none() && place.folder().is_none());
    let spool = || surroundings.root.join(".landfall/spool").join(name);
    let source = path.as_ref().map(|place| match place.folder() {
        Some(folder) => folder.strip_prefix(surroundings.root).unwrap_or(&folder).display().to_string(),
        None => place.to_string(),
    });
    let path = path.map(|place| place.folder().unwrap_or_else(spool));
    let pattern = section.or("pattern", "*", pattern);
    let time_zone = section.maybe("time_zone", workspace::time_zone);
    let time_zone = time_zone.as_deref().unwrap_or(surroundings.time_zone);
    // An object store puts an object whole or not at all; what a stream brings is written by Landfall itself.
    let settle = if remote.is_some() || stream.is_some() { Duration::ZERO } else { Duration::from_secs(5) };
    let written = section.maybe("settle", |f| f.duration(Duration::ZERO));
    let (settle, settle_is_default) = (written.unwrap_or(settle), written.is_none());
    let marker = policy::marker(&section);
    // Whether it stands still is soon seen; a marker may come when all of a day is there.
    let settle_max = Duration::from_secs(if marker.is_some() { 86_400 } else { 3600 });
    let landing = Landing {
        path: path.clone().unwrap_or_default(),
        source: source.unwrap_or_default(),
        remote: remote.clone(),
        pattern: pattern.to_owned(),
        schedule: section.or("schedule", schedule::HOURLY, |f| schedule::read(f, time_zone)),
        settle,
        settle_is_default,
        settle_max: section.or("settle_max", settle_max.max(settle), |f| f.duration(settle)),
        watch: section.or("watch", stream.is_none(), Field::boolean),
        max_files_per_run: section.or("max_files_per_run", 1_000, |f| f.integer(1, 1_000_000)),
        max_attempts: section.or("max_attempts", 3, |f| f.integer(1, 100)),
        max_bytes_per_run: section.maybe("max_bytes_per_run", Field::size),
        max_file_bytes: section.maybe("max_file_bytes", Field::size),
        marker,
        temporary: policy::temporary(&section, stream.is_some()),
        overwritten: policy::overwritten(&section),
        // Of two records that say the same both were said: what was between them may have said otherwise.
        duplicates: policy::duplicates(&section, if stream.is_some() { Duplicates::Run } else { Duplicates::Skip }),
        archive: policy::archive(&section, surroundings, remote.is_some()),
        allowed_lateness: policy::lateness(&section),
        stream: stream.clone(),
    };
    let format = form::read(&section, if stream.is_some() { "*.json" } else { pattern });
    let form = Form {
        format: match &stream {
            Some(stream) => stream::form(&section, stream, format),
            None => format,
        },
        budget: form::budget(&section),
        evolution: form::evolution(&section),
    };
    section.finish();
    path.map(|_| (landing, form))
}

fn pattern<'a>(field: &Field<'a>) -> Option<&'a str> {
    let text = field.text()?;
    if text.contains('/') {
        field.error(format!("`{}` is a path", field.key), "expected a pattern of file names, as in \"flights_*.csv\"");
        return None;
    }
    match glob::Pattern::new(text) {
        Ok(_) => Some(text),
        Err(why) => {
            let message = format!("`{}` is not a pattern: {} at character {}", field.key, why.msg, why.pos + 1);
            field.error(message, "expected text with `*`, `?` and `[abc]`");
            None
        }
    }
}
