//! The keys of `[landing]` that say when a file is complete and what becomes of one that is not simply new.

use std::time::Duration;

use super::{Surroundings, workspace};
use crate::config::field::Field;
use crate::config::pipeline::{Archive, Duplicates, Overwritten, TEMPORARY};
use crate::config::section::Section;

/// The template of a marker's name, if files have one.
pub(super) fn marker(section: &Section<'_>) -> Option<String> {
    section.maybe("marker", |field| {
        let text = field.text()?;
        if text.contains('/') || text == "{name}" {
            field.error(
                format!("`marker` cannot be \"{text}\""),
                "expected a file name, as in \"{name}.done\" or \"_SUCCESS\"",
            );
            return None;
        }
        Some(text.to_owned())
    })
}

/// Patterns of names that are still being written; what a `stream` brings is called as its topic is.
pub(super) fn temporary(section: &Section<'_>, stream: bool) -> Vec<String> {
    let default = if stream { &TEMPORARY[..1] } else { &TEMPORARY };
    section.or("temporary", default.iter().map(|text| (*text).to_owned()).collect(), |field| {
        let texts = field.texts()?;
        match texts.iter().find(|text| glob::Pattern::new(text).is_err()) {
            Some(text) => {
                field.error(
                    format!("`temporary` has \"{text}\", which is no pattern"),
                    "expected patterns as in \"*.tmp\"",
                );
                None
            }
            None => Some(texts.into_iter().map(str::to_owned).collect()),
        }
    })
}

/// What becomes of a name that comes again after it was run.
pub(super) fn overwritten(section: &Section<'_>) -> Overwritten {
    let choices = [("run", Overwritten::Run), ("ignore", Overwritten::Ignore), ("hold", Overwritten::Hold)];
    section.or("overwritten", Overwritten::Run, |f| f.choice(&choices))
}

/// What becomes of content that is known under another name.
pub(super) fn duplicates(section: &Section<'_>, default: Duplicates) -> Duplicates {
    section.or("duplicates", default, |f| f.choice(&[("skip", Duplicates::Skip), ("run", Duplicates::Run)]))
}

/// What becomes of a file whose rows are in the lake.
pub(super) fn archive(section: &Section<'_>, surroundings: &Surroundings<'_>, remote: bool) -> Archive {
    section.or("archive", Archive::Keep, |field| match field.text()? {
        "keep" => Some(Archive::Keep),
        _ if remote => of_folders(field),
        "delete" => Some(Archive::Delete),
        _ => workspace::folder_path(field, surroundings.root).map(Archive::Folder),
    })
}

/// Objects are put whole or not at all, and stay where they are.
fn of_folders<T>(field: &Field<'_>) -> Option<T> {
    field.error_with_help(format!("`{}` is for landings that are folders", field.key), "remove it");
    None
}

/// How much older than the newest data a file's may be before it counts as late.
pub(super) fn lateness(section: &Section<'_>) -> Duration {
    section.or("allowed_lateness", Duration::from_secs(86_400), |f: &Field<'_>| f.duration(Duration::ZERO))
}
