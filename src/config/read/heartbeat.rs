//! `[heartbeat]` of `landfall.toml`.

use std::time::Duration;

use crate::config::field::Field;
use crate::config::rules::Heartbeat;
use crate::config::section::Section;

pub(super) fn read(section: Section<'_>) -> Option<Heartbeat> {
    let url = section.require("url", "the address to ask, or \"env:NAME\"").and_then(|f| address(&f));
    let every = section.or("every", Duration::from_secs(60), |f| f.duration(Duration::from_secs(1)));
    section.finish();
    url.map(|url| Heartbeat { url, every })
}

fn address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let known = ["http://", "https://", "env:"].iter().any(|start| text.starts_with(start) && text.len() > start.len());
    if !known {
        // It may be a secret: it is not repeated.
        field.error("`url` is no address", "expected \"https://…\", or \"env:NAME\" for an environment variable");
    }
    known.then(|| text.to_owned())
}
