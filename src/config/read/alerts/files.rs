//! `[alerts.schema_change]`, `[alerts.quarantine]`, `[alerts.overwritten]`, `[alerts.unsettled]`,
//! `[alerts.incomplete_set]`

use std::time::Duration;

use crate::config::field::Field;
use crate::config::rules::{
    HeaderChange, IncompleteRule, OverwrittenRule, QuarantineRule, SchemaRule, Together, UnsettledRule,
};
use crate::config::section::Section;

const CHANGES: [(&str, HeaderChange); 5] = [
    ("removed", HeaderChange::Removed),
    ("renamed", HeaderChange::Renamed),
    ("added", HeaderChange::Added),
    ("reordered", HeaderChange::Reordered),
    ("type", HeaderChange::Type),
];

pub(super) fn schema_change(section: &Section<'_>) -> SchemaRule {
    let defaults = SchemaRule::default();
    SchemaRule {
        changes: section.or("changes", defaults.changes, |f| {
            let elements = f.elements("a list of changes such as [\"removed\", \"renamed\"]")?;
            Some(elements.iter().filter_map(|change| change.choice(&CHANGES)).collect())
        }),
        accept_after: section.or("accept_after", defaults.accept_after, |f| f.integer(1, 1000)),
    }
}

pub(super) fn quarantine(section: &Section<'_>) -> QuarantineRule {
    let default = QuarantineRule::default().remind_after;
    QuarantineRule { remind_after: section.or("remind_after", default, |f| f.duration(Duration::from_secs(1))) }
}

pub(super) fn overwritten(section: &Section<'_>) -> OverwrittenRule {
    let default = OverwrittenRule::default().keep;
    OverwrittenRule { keep: section.or("keep", default, |f| f.duration(Duration::ZERO)) }
}

pub(super) fn unsettled(section: &Section<'_>) -> UnsettledRule {
    UnsettledRule { after: section.maybe("after", |f| f.duration(Duration::from_millis(1))) }
}

pub(super) fn incomplete_set(section: &Section<'_>) -> IncompleteRule {
    let defaults = IncompleteRule::default();
    let together = [("day", Together::Day), ("check", Together::Check)];
    IncompleteRule {
        expect: section.or("expect", defaults.expect, patterns),
        files_per_set: section.maybe("files_per_set", |f| f.integer(1, 1_000_000)),
        together: section.or("together", defaults.together, |f| f.choice(&together)),
        grace: section.or("grace", defaults.grace, |f| f.duration(Duration::ZERO)),
    }
}

fn patterns(field: &Field<'_>) -> Option<Vec<String>> {
    let patterns = field.texts()?;
    match patterns.iter().find_map(|text| glob::Pattern::new(text).err().map(|why| (text, why))) {
        None => Some(patterns.into_iter().map(str::to_owned).collect()),
        Some((text, why)) => {
            let message = format!("`{text}` is not a pattern: {} at character {}", why.msg, why.pos + 1);
            field.error(message, "expected text with `*`, `?` and `[abc]`");
            None
        }
    }
}
