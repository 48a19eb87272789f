//! `kind = "pagerduty"`, `"slack"`, `"teams"` and `"ntfy"`: services that pass a message on.

use std::path::Path;

use super::{address, authority, secret, text};
use crate::config::channels::{Ntfy, Pagerduty, Slack, Teams};
use crate::config::secret::Secret;
use crate::config::section::Section;

pub(super) fn pagerduty(section: &Section<'_>, root: &Path) -> Option<Pagerduty> {
    let routing_key = required(section, "routing_key", "the integration key, as in `{ env = \"NAME\" }`", root);
    let token = section.maybe("token", |f| secret::read(f, root));
    let base_url = section.or("base_url", "https://events.pagerduty.com".to_owned(), address);
    let ca = authority(section, root);
    Some(Pagerduty { routing_key: routing_key?, token, base_url, ca })
}

pub(super) fn slack(section: &Section<'_>, root: &Path) -> Option<Slack> {
    let url = required(section, "url", "the webhook's address, as in `{ env = \"NAME\" }`", root);
    let ca = authority(section, root);
    Some(Slack { url: url?, ca })
}

pub(super) fn teams(section: &Section<'_>, root: &Path) -> Option<Teams> {
    let url = required(section, "url", "the workflow's address, as in `{ env = \"NAME\" }`", root);
    let ca = authority(section, root);
    Some(Teams { url: url?, ca })
}

pub(super) fn ntfy(section: &Section<'_>, root: &Path) -> Option<Ntfy> {
    let base_url = section.or("base_url", "https://ntfy.sh".to_owned(), address);
    let topic = text(section, "topic", "the topic's name");
    let token = section.maybe("token", |f| secret::read(f, root));
    let usual = [3, 4, 5];
    let priorities = section.or("priorities", usual, |f| {
        let own = f.section("`priorities`")?;
        let [info, warning, critical] = usual;
        let priorities = [
            own.or("info", info, |f| f.integer(1, 5)),
            own.or("warning", warning, |f| f.integer(1, 5)),
            own.or("critical", critical, |f| f.integer(1, 5)),
        ];
        own.finish();
        Some(priorities)
    });
    let ca = authority(section, root);
    Some(Ntfy { base_url, topic: topic?, token, priorities, ca })
}

fn required(section: &Section<'_>, key: &'static str, expected: &str, root: &Path) -> Option<Secret> {
    section.require(key, expected).and_then(|f| secret::read(&f, root))
}
