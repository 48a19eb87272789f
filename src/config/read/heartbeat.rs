//! `[heartbeat]` of `landfall.toml`.

use std::path::Path;
use std::time::Duration;

use super::channels::secret;
use crate::config::rules::Heartbeat;
use crate::config::section::Section;

const FORMS: &str = "\"https://…\", { env = \"NAME\" } or { file = \"path\" }";

pub(super) fn read(section: Section<'_>, root: &Path) -> Option<Heartbeat> {
    let url = section.require("url", FORMS).and_then(|f| secret::or_address(&f, root));
    let every = section.or("every", Duration::from_secs(60), |f| f.duration(Duration::from_secs(1)));
    section.finish();
    url.map(|url| Heartbeat { url, every })
}
