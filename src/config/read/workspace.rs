//! `landfall.toml`.

use std::path::{Path, PathBuf};

use chrono_tz::{TZ_VARIANTS, Tz};

use super::stores::{self, Store};
use super::{channels, message, routes};
use crate::config::channels::Channel;
use crate::config::console::ConsoleSettings;
use crate::config::field::Field;
use crate::config::message::MessageTemplates;
use crate::config::routes::Route;
use crate::config::rules::{Heartbeat, LifeRules, OwnRules};
use crate::config::section::Section;
use crate::config::source::{Source, WHOLE};
use crate::domain::location::Location;

/// What `landfall.toml` says.
pub(in crate::config) struct Settings {
    pub(in crate::config) name: String,
    pub(in crate::config) lake: Location,
    pub(in crate::config) output: Option<Location>,
    pub(in crate::config) stores: Vec<Store>,
    pub(in crate::config) time_zone: String,
    pub(in crate::config) max_parallel_runs: usize,
    pub(in crate::config) life: LifeRules,
    pub(in crate::config) channels: Vec<Channel>,
    pub(in crate::config) routes: Vec<Route>,
    pub(in crate::config) message: MessageTemplates,
    pub(in crate::config) link: Option<String>,
    pub(in crate::config) own: OwnRules,
    pub(in crate::config) heartbeat: Option<Heartbeat>,
    pub(in crate::config) console: ConsoleSettings,
}

/// Reads `landfall.toml`, every key of which has a default; what is wrong is recorded.
pub(in crate::config) fn read(source: &Source, root: &Path) -> Settings {
    let folder = root.file_name().map_or_else(|| "workspace".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut settings = Settings {
        name: folder,
        lake: root.join("lake").as_path().into(),
        output: None,
        stores: Vec::new(),
        time_zone: "UTC".to_owned(),
        max_parallel_runs: 1,
        life: LifeRules::default(),
        channels: Vec::new(),
        routes: Vec::new(),
        message: MessageTemplates::default(),
        link: None,
        own: OwnRules::default(),
        heartbeat: None,
        console: ConsoleSettings::default(),
    };
    let Some(document) = super::parse(source) else { return settings };
    let section = Section::new(source, WHOLE, "landfall.toml", document.as_table());
    settings.name = section.or("name", settings.name, |f| f.text().map(str::to_owned));
    if let Some(stores) = section.maybe("stores", |f| f.section("[stores]")) {
        settings.stores = stores::read(&stores, root);
    }
    settings.lake = section.or("lake", settings.lake, |f| stores::place(f, root, &settings.stores));
    settings.output = section.maybe("output", |f| stores::place(f, root, &settings.stores));
    settings.time_zone = section.or("time_zone", settings.time_zone, time_zone);
    settings.max_parallel_runs = section.or("max_parallel_runs", 1, |f| f.integer(1, 64));
    if let Some(alerts) = section.maybe("alerts", |f| f.section("[alerts]")) {
        (settings.life, settings.own) = (super::life::read(&alerts), super::alerts::own(&alerts));
        alerts.finish();
    }
    settings.heartbeat =
        section.maybe("heartbeat", |f| f.section("[heartbeat]")).and_then(|f| super::heartbeat::read(f, root));
    let told = section.maybe("channels", |f| f.section("[channels]"));
    // Also of those that are wrong: a route to one of them is not what has to be mended.
    let names: Vec<String> = told.iter().flat_map(|told| told.fields()).map(|field| field.key.to_owned()).collect();
    settings.channels = told.map(|told| channels::read(&told, root)).unwrap_or_default();
    settings.routes = section.or("routes", Vec::new(), |f| routes::read(f, &names, &settings.time_zone));
    settings.message =
        section.or("message", MessageTemplates::default(), |f| Some(message::read(f.section("[message]")?)));
    settings.link = section.maybe("link", channels::address);
    let console = section.maybe("console", |f| f.section("[console]"));
    settings.console = console.map(super::console::read).unwrap_or_default();
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
