//! File sizes again: every file that a run took, in order of arrival.

use std::collections::BTreeMap;

use super::{Record, Tally};
use crate::alerts::file_size::measure::{Mark, SeenFile};
use crate::alerts::file_size::{Look, judge};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict};
use crate::domain::text::one_line;

/// Files looked back at.
const HISTORY: usize = 1600;

/// A file that fires is left out of what is usual for those after it, as it would have been, unless an operator called it
/// normal then.
pub(super) fn replay(record: &Record, pipeline: &Pipeline, (from, to): (Instant, Instant)) -> Tally {
    let mut tally = Tally::default();
    let normal: BTreeMap<&str, bool> = record
        .alerts
        .iter()
        .rev()
        .filter(|row| row.finding.kind == AlertKind::FileSize)
        .map(|row| (row.finding.object.as_str(), row.normal.is_some()))
        .collect();
    let mut seen: Vec<SeenFile<'_>> = Vec::with_capacity(record.files.len());
    for file in record.files.iter().filter(|file| file.first_seen <= to) {
        let mut judged = SeenFile::of(file, Mark::Ordinary);
        let history = &seen[seen.len().saturating_sub(HISTORY)..];
        let verdict = judge(&Look { file: judged, history, rule: &pipeline.alerts.file_size });
        if matches!(verdict, Verdict::Bad(_)) {
            let called_normal = normal.get(one_line(&file.key).as_str()) == Some(&true);
            judged.mark = if called_normal { Mark::Normal } else { Mark::Alerted };
        }
        // One that was found to be of no use is no measure for those after it.
        if file.usable {
            seen.push(judged);
        }
        if file.first_seen >= from
            && let Some(finding) = tally.count(verdict)
        {
            tally.fire(file.first_seen, None, finding);
        }
    }
    tally
}
