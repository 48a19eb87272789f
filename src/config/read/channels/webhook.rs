//! `kind = "webhook"`

use std::path::Path;

use super::{authority, secret};
use crate::config::channels::Webhook;
use crate::config::field::Field;
use crate::config::secret::SecretOrText;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>, root: &Path) -> Option<Webhook> {
    let url = section
        .require("url", "where to, as in `url = \"https://example.com/alerts\"`")
        .and_then(|f| secret::or_address(&f, root));
    let secret = section.maybe("secret", |f| secret::read(f, root));
    let headers = section.or("headers", Vec::new(), |f| headers(f, root));
    let ca = authority(section, root);
    Some(Webhook { url: url?, secret, headers, ca })
}

fn headers(field: &Field<'_>, root: &Path) -> Option<Vec<(String, SecretOrText)>> {
    let section = field.section("`headers`")?;
    let header = |f: &Field<'_>| Some((f.key.to_owned(), secret::or_text(f, root)?));
    Some(section.fields().iter().filter_map(header).collect())
}
