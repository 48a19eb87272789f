//! `[alerts.<kind>]` of `landfall.toml`, for kinds that are no pipeline's own.

use std::time::Duration;

use super::policy;
use crate::config::field::Field;
use crate::config::rules::{ClockRule, CredentialsRule, DeliveryRule, DiskRule, OwnRules, SilenceRule};
use crate::config::section::Section;
use crate::domain::alert::AlertKind;

const TABLES: [(&str, AlertKind); 6] = [
    ("disk_low", AlertKind::DiskLow),
    ("clock_jump", AlertKind::ClockJump),
    ("credentials", AlertKind::Credentials),
    ("delivery", AlertKind::Delivery),
    ("silence", AlertKind::Silence),
    ("landfall", AlertKind::Landfall),
];

/// Reads the tables of these kinds out of `[alerts]`, which the caller finishes.
pub(in crate::config::read) fn own(alerts: &Section<'_>) -> OwnRules {
    let mut rules = OwnRules::default();
    for (key, kind) in TABLES {
        let Some(own) = alerts.maybe(key, |f| f.section(format!("[alerts.{key}]"))) else { continue };
        rules.policies.insert(kind, policy(&own, kind));
        match kind {
            AlertKind::DiskLow => rules.disk_low = disk_low(&own),
            AlertKind::ClockJump => rules.clock_jump = clock_jump(&own),
            AlertKind::Credentials => rules.credentials = credentials(&own),
            AlertKind::Delivery => rules.delivery = delivery(&own),
            AlertKind::Silence => rules.silence = silence(&own),
            _ => {}
        }
        own.finish();
    }
    rules
}

fn disk_low(section: &Section<'_>) -> DiskRule {
    let defaults = DiskRule::default();
    DiskRule {
        free_share: section.or("free_share", defaults.free_share, Field::share),
        critical_share: section.or("critical_share", defaults.critical_share, Field::share),
        enough: section.or("enough", defaults.enough, Field::size),
        runs: section.or("runs", defaults.runs, |f| f.integer(0, 1_000_000)),
    }
}

fn clock_jump(section: &Section<'_>) -> ClockRule {
    let defaults = ClockRule::default();
    ClockRule {
        by: section.or("by", defaults.by, |f| f.duration(Duration::from_secs(1))),
        keep: section.or("keep", defaults.keep, |f| f.duration(Duration::ZERO)),
    }
}

fn credentials(section: &Section<'_>) -> CredentialsRule {
    let defaults = CredentialsRule::default();
    CredentialsRule {
        warn_before: section.or("warn_before", defaults.warn_before, |f| f.duration(Duration::ZERO)),
        critical_before: section.or("critical_before", defaults.critical_before, |f| f.duration(Duration::ZERO)),
    }
}

fn delivery(section: &Section<'_>) -> DeliveryRule {
    let defaults = DeliveryRule::default();
    DeliveryRule {
        attempts: section.or("attempts", defaults.attempts, |f| f.integer(1, 1000)),
        after: section.or("after", defaults.after, |f| f.duration(Duration::ZERO)),
    }
}

fn silence(section: &Section<'_>) -> SilenceRule {
    let defaults = SilenceRule::default();
    SilenceRule {
        after: section.or("after", defaults.after, |f| f.duration(Duration::ZERO)),
        calm: section.or("calm", defaults.calm, |f| f.duration(Duration::ZERO)),
    }
}
