//! `[heartbeat]` of `landfall.toml`.

use std::path::Path;
use std::time::Duration;

use crate::config::field::Field;
use crate::config::rules::{Address, Heartbeat};
use crate::config::section::Section;

const FORMS: &str = "\"https://…\", { env = \"NAME\" } or { file = \"path\" }";

pub(super) fn read(section: Section<'_>, root: &Path) -> Option<Heartbeat> {
    let url = section.require("url", FORMS).and_then(|f| address(&f, root));
    let every = section.or("every", Duration::from_secs(60), |f| f.duration(Duration::from_secs(1)));
    section.finish();
    url.map(|url| Heartbeat { url, every })
}

fn address(field: &Field<'_>, root: &Path) -> Option<Address> {
    let found = if field.is_table() {
        let section = field.section("`url`")?;
        let env = section.maybe("env", |f| f.text().map(|name| Address::Env(name.to_owned())));
        let file = section.maybe("file", |f| f.text().map(|path| Address::File(root.join(path))));
        section.finish();
        env.xor(file)
    } else {
        let text = field.text()?;
        let known = ["http://", "https://"].iter().any(|start| text.starts_with(start));
        known.then(|| Address::Written(text.to_owned()))
    };
    if found.is_none() {
        // It may be a secret: it is not repeated.
        field.error("`url` is no address", format!("expected {FORMS}"));
    }
    found
}
