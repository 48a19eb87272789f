//! `landfall.toml`.

use std::path::{Path, PathBuf};

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::config::field::Field;
use crate::config::rules::{Heartbeat, OwnRules};
use crate::config::section::Section;
use crate::config::source::{Source, WHOLE};

/// What `landfall.toml` says.
pub(in crate::config) struct Settings {
    pub(in crate::config) name: String,
    pub(in crate::config) lake: PathBuf,
    pub(in crate::config) time_zone: String,
    pub(in crate::config) max_parallel_runs: usize,
    pub(in crate::config) own: OwnRules,
    pub(in crate::config) heartbeat: Option<Heartbeat>,
}

/// Reads `landfall.toml`, every key of which has a default; what is wrong is recorded.
pub(in crate::config) fn read(source: &Source, root: &Path) -> Settings {
    let folder = root.file_name().map_or_else(|| "workspace".to_owned(), |name| name.to_string_lossy().into_owned());
    let defaults = Settings {
        name: folder,
        lake: root.join("lake"),
        time_zone: "UTC".to_owned(),
        max_parallel_runs: 1,
        own: OwnRules::default(),
        heartbeat: None,
    };
    let Some(document) = super::parse(source) else { return defaults };
    let section = Section::new(source, WHOLE, "landfall.toml", document.as_table());
    let settings = Settings {
        name: section.or("name", defaults.name, |f| f.text().map(str::to_owned)),
        lake: section.or("lake", defaults.lake, |f| folder_path(f, root)),
        time_zone: section.or("time_zone", defaults.time_zone, time_zone),
        max_parallel_runs: section.or("max_parallel_runs", defaults.max_parallel_runs, |f| f.integer(1, 64)),
        own: section.maybe("alerts", |f| f.section("[alerts]")).map_or(defaults.own, |alerts| {
            let rules = super::alerts::own(&alerts);
            alerts.finish();
            rules
        }),
        heartbeat: section
            .maybe("heartbeat", |f| f.section("[heartbeat]"))
            .and_then(|f| super::heartbeat::read(f, root)),
    };
    section.finish();
    settings
}

/// A folder, absolute or relative to the workspace.
pub(super) fn folder_path(field: &Field<'_>, root: &Path) -> Option<PathBuf> {
    let text = field.text()?;
    if text.contains("://") {
        field.error(format!("`{}` is a URL", field.key), "expected a folder, absolute or relative to the workspace");
        return None;
    }
    // Without a look at the disk: a folder that is missing now may be there when it is needed.
    let joined = root.join(text);
    Some(joined.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect())
}

/// The name of a time zone.
pub(super) fn time_zone(field: &Field<'_>) -> Option<String> {
    let name = field.text()?;
    if name.parse::<Tz>().is_ok() {
        return Some(name.to_owned());
    }
    let message = format!("unknown time zone \"{name}\"");
    match crate::config::nearest::nearest(name, TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(near) => field.error_with_help(message, format!("did you mean \"{near}\"?")),
        None => field.error(message, "expected an IANA name such as \"UTC\" or \"Europe/Berlin\""),
    }
    None
}
