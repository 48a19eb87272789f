//! `[console]`.

use crate::config::console::{ConsoleSettings, THEMES};
use crate::config::section::Section;

/// Reads `[console]`, every key of which has a default.
pub(super) fn read(section: Section<'_>) -> ConsoleSettings {
    let default = ConsoleSettings::default();
    let names = THEMES.map(|name| (name, name.to_owned()));
    let keys = section.maybe("keys", |field| field.section("[console.keys]")).map(|keys| {
        let each = keys.fields();
        each.iter().filter_map(|field| Some((field.key.to_owned(), field.text()?.to_owned()))).collect()
    });
    let settings = ConsoleSettings {
        theme: section.or("theme", default.theme, |field| field.choice(&names)),
        mouse: section.or("mouse", default.mouse, |field| field.boolean()),
        bell: section.or("bell", default.bell, |field| field.boolean()),
        notify: section.or("notify", default.notify, |field| field.boolean()),
        ascii: section.maybe("ascii", |field| field.boolean()),
        read_only: section.or("read_only", default.read_only, |field| field.boolean()),
        keys: keys.unwrap_or_default(),
    };
    section.finish();
    settings
}
