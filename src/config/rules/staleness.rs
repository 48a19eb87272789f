//! When data is late.

use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use super::calendar::{Blackout, Calendar};
use crate::config::pipeline::{Schedule, maybe_seconds};

/// `[alerts.staleness]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StalenessRule {
    /// `after`: no new file for this long is stale; default learned from past gaps, unless `expect` is given.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
    /// `expect`: the slots by each of which a file is expected.
    pub expect: Option<Schedule>,
    /// `time_zone`: IANA name of the zone of all keys of this rule; default that of the workspace.
    pub time_zone: String,
    /// `grace`: how long after its slot a file is not yet late; default max(15 min, a quarter of the way to the next).
    #[serde(serialize_with = "maybe_seconds")]
    pub grace: Option<Duration>,
    /// `holidays`: days on which nothing is expected.
    pub holidays: Vec<NaiveDate>,
    /// `blackouts`: spans of the day or week in which nothing is expected.
    pub blackouts: Vec<Blackout>,
    /// `data_after`: the newest event time in the history may be this old; default learned: files arrive, and it stands
    /// still for longer than usual.
    #[serde(serialize_with = "maybe_seconds")]
    pub data_after: Option<Duration>,
    /// `output_after`: the newest published output may be this old; default learned: files arrive, and nothing is
    /// published for longer than usual.
    #[serde(serialize_with = "maybe_seconds")]
    pub output_after: Option<Duration>,
}

impl StalenessRule {
    /// The defaults, in a time zone.
    pub fn in_zone(time_zone: &str) -> Self {
        Self {
            after: None,
            expect: None,
            time_zone: time_zone.to_owned(),
            grace: None,
            holidays: Vec::new(),
            blackouts: Vec::new(),
            data_after: None,
            output_after: None,
        }
    }

    /// When nothing is expected.
    pub fn calendar(&self) -> Calendar<'_> {
        // The reader has refused zones that are none.
        let zone = self.time_zone.parse().unwrap_or(Tz::UTC);
        Calendar { zone, holidays: &self.holidays, blackouts: &self.blackouts }
    }
}

impl Default for StalenessRule {
    fn default() -> Self {
        Self::in_zone("UTC")
    }
}
