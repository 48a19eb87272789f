//! Are the files of a batch, and their number, as usual?

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};

use crate::alerts::file_size::measure::{Mark, SeenFile};
use crate::alerts::file_size::{self, count};
use crate::alerts::staleness::arrivals::{arrivals, fresh};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict};
use crate::domain::text::one_line;
use crate::store::files::Measured;
use crate::store::{Connection, Result, alerts, files, runs};

/// Files looked back at.
const HISTORY: usize = 1600;
/// Files counted by day.
const COUNTED: usize = 5000;

/// Are the files of a run's batch of their usual size? Asked when it is taken, and again when it was read and its rows
/// are known. What an operator has answered about a file version is not asked again.
///
/// A usual size says nothing about an alert on another file, and only a new version ends one's own.
pub fn sizes(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    // How much a micro-batch holds is a matter of when the stream was looked at.
    if pipeline.landing.stream.is_some() || !pipeline.alerts.policy(AlertKind::FileSize).enabled {
        return Ok(Vec::new());
    }
    let marks: BTreeMap<String, bool> =
        alerts::marks(connection, &pipeline.name, AlertKind::FileSize)?.into_iter().collect();
    let known = files::measured(connection, &pipeline.name, HISTORY)?;
    let mark = |file: &Measured| match marks.get(&one_line(&file.key)) {
        None => Mark::Ordinary,
        Some(false) => Mark::Alerted,
        Some(true) => Mark::Normal,
    };
    let seen: Vec<SeenFile<'_>> = known.iter().map(|file| SeenFile::of(file, mark(file))).collect();
    let mut verdicts = Vec::new();
    for id in runs::files(connection, run)? {
        // A file that went to quarantine in between is that detector's affair.
        let Ok(place) = known.binary_search_by_key(&id, |file| file.id) else { continue };
        let object = one_line(&known[place].key);
        if answered(connection, pipeline, &object, known[place].first_seen)? {
            continue;
        }
        let look = file_size::Look { file: seen[place], history: &seen[..place], rule: &pipeline.alerts.file_size };
        verdicts.push(file_size::judge(&look));
    }
    Ok(verdicts)
}

/// Whether an alert about this version of the file was raised and is over.
fn answered(connection: &Connection, pipeline: &Pipeline, object: &str, came: Instant) -> Result<bool> {
    Ok(alerts::newest(connection, &pipeline.name, AlertKind::FileSize, object)?
        .is_some_and(|alert| !alert.state.is_open() && alert.raised >= came))
}

/// Did as many files come yesterday as usually do? Days are those of the staleness rule's time zone.
pub fn counted(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Option<Verdict>> {
    if pipeline.landing.stream.is_some() || !pipeline.alerts.policy(AlertKind::FileSize).enabled {
        return Ok(None);
    }
    let calendar = pipeline.alerts.staleness.calendar();
    let today = calendar.day(now);
    let arrived = files::arrived(connection, &pipeline.name, COUNTED)?;
    let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    for arrival in fresh(&arrivals(arrived.iter().map(|(at, key)| (*at, key.as_str())))) {
        *days.entry(calendar.day(arrival.at)).or_default() += 1;
    }
    if arrived.len() == COUNTED {
        // The oldest day is cut.
        days.pop_first();
    }
    let days: Vec<(NaiveDate, u64)> = days.into_iter().filter(|(day, _)| *day < today).collect();
    let recent = days.last().is_some_and(|(day, _)| today - *day <= Duration::days(1));
    let look = count::Look { days: &days, rule: &pipeline.alerts.file_size };
    Ok(if recent { count::judge(&look) } else { None })
}
