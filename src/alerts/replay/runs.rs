//! Runs again: those that failed, took long, or waited.

use std::time::Duration;

use super::{Record, Tally};
use crate::alerts::long_run::{self, Pace};
use crate::alerts::{queued as queue, run_failed};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::domain::run::{RunState, StageState};
use crate::store::seconds;

/// Runs that failed: one episode from the first failure to the next success.
pub(super) fn failed(record: &Record, pipeline: &Pipeline, (from, to): (Instant, Instant)) -> Tally {
    let mut tally = Tally::default();
    let mut episode = None;
    let (mut in_a_row, mut last_good) = (0, None);
    for run in &record.runs {
        let Some(ended) = run.ended.filter(|ended| *ended <= to) else { continue };
        in_a_row = if matches!(run.state, RunState::Failed | RunState::Partial) { in_a_row + 1 } else { 0 };
        let stages = record.stages.get(&run.id).map_or(&[][..], Vec::as_slice);
        let stage = stages.iter().find(|stage| stage.state == StageState::Failed);
        let failure = stage.map(|stage| run_failed::Failure {
            stage: &stage.name,
            class: "",
            error: stage.error.as_deref().unwrap_or_default(),
            log: &[],
        });
        let look = run_failed::Look {
            pipeline: &pipeline.name,
            run: run.id,
            state: run.state,
            failure,
            in_a_row,
            last_good,
            files: &[],
        };
        if run.state == RunState::Succeeded {
            last_good = Some((run.id, ended));
        }
        let Some(verdict) = run_failed::judge(&look) else { continue };
        if ended < from {
            // An episode that began before is not counted again.
            episode = matches!(verdict, Verdict::Bad(_)).then_some((ended, None));
            continue;
        }
        match (tally.count(verdict), &episode) {
            (Some(finding), None) => episode = Some((ended, Some(finding))),
            (None, Some(_)) => {
                if let Some((at, Some(finding))) = episode.take() {
                    tally.fire(at, Some(ended), finding);
                }
            }
            _ => {}
        }
    }
    if let Some((at, Some(finding))) = episode {
        tally.fire(at, None, finding);
    }
    tally
}

/// Runs and stages that took long, judged at their end, their worst.
pub(super) fn slow(record: &Record, pipeline: &Pipeline, span: (Instant, Instant)) -> Tally {
    let mut tally = Tally::default();
    for run in &record.runs {
        let declared = pipeline.alerts.long_run.after;
        let mut parts = vec![(pipeline.name.as_str(), None, run.started, run.ended, declared)];
        for stage in record.stages.get(&run.id).map_or(&[][..], Vec::as_slice) {
            let declared = pipeline.stage(&stage.name).and_then(|stage| stage.slow_after);
            parts.push((&stage.name, Some(stage.name.as_str()), stage.started, stage.ended, declared));
        }
        for (object, stage, started, ended, declared) in parts {
            let (Some(started), Some(ended)) = (started, ended) else { continue };
            if ended >= span.0 && ended <= span.1 {
                let past = record.paces(stage, started);
                took(&mut tally, object, (started, ended), run.bytes, declared, &past);
            }
        }
    }
    tally
}

fn took(
    tally: &mut Tally,
    object: &str,
    (started, ended): (Instant, Instant),
    bytes: u64,
    slow_after: Option<Duration>,
    successes: &[Pace],
) {
    let elapsed = seconds(started, ended);
    let look = long_run::Look { object, now: ended, elapsed, bytes, ended: false, slow_after, successes };
    if let Some(finding) = tally.count(long_run::judge(&look)) {
        let limit = finding.expected.map_or(0.0, |(_, limit)| limit);
        tally.fire(started + chrono::Duration::milliseconds((limit * 1000.0) as i64), Some(ended), finding);
    }
}

/// Runs that waited, judged when they began.
pub(super) fn queued(record: &Record, pipeline: &Pipeline, (from, to): (Instant, Instant)) -> Tally {
    let mut tally = Tally::default();
    let after = pipeline.alerts.queued.after;
    for run in &record.runs {
        let Some(started) = run.started.filter(|started| *started >= from && *started <= to) else { continue };
        let since = record.watched_since(started).map_or(run.created, |watched| watched.max(run.created));
        let behind = "it began then";
        let look =
            queue::Look { pipeline: &pipeline.name, now: started, waiting: Some((run.id, since)), behind, after };
        if let Some(finding) = tally.count(queue::judge(&look)) {
            tally.fire(since + chrono::Duration::from_std(after).unwrap_or_default(), Some(started), finding);
        }
    }
    tally
}
