//! The time between two engines.

use crate::alerts::silence::{Look, OBJECT, judge};
use crate::config::{Schedule, Workspace};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict, WORKSPACE};
use crate::engine::context::Context;
use crate::engine::detect;
use crate::engine::schedule::next_check;
use crate::store::{Connection, Result, alerts, engine, pipelines};

use super::own::tell;

/// More missed checks than this are not counted one by one.
const COUNTED: u64 = 10_000;

/// Before a session begins: tells of the time since the last one. `scheduled`: whether this engine follows schedules.
///
/// # Errors
/// The store's.
pub async fn at_start(context: &Context, scheduled: bool) -> Result<()> {
    let workspace = context.workspace();
    context
        .write(move |tx, now| {
            // It has just been read, and it was valid.
            let mut verdicts = vec![detect::own("configuration", None)];
            if let Some(before) = engine::latest(tx)? {
                let seen = before.seen.unwrap_or(before.started);
                let since = before.stopped.unwrap_or(seen);
                let missed = if scheduled { missed(tx, &workspace, since, now)? } else { 0 };
                let look = Look { seen, stopped: before.stopped, now, missed };
                verdicts.push(judge(&look, &workspace.own.silence));
            }
            tell(tx, &workspace, &verdicts, now).map(drop)
        })
        .await
}

/// Over, once an engine has run for long enough.
pub fn calm(connection: &Connection, workspace: &Workspace, now: Instant) -> Result<Option<Verdict>> {
    let standing = alerts::open(connection, Some(WORKSPACE))?;
    let calm = workspace.own.silence.calm;
    let long = |at: Instant| (now - at).to_std().is_ok_and(|age| age >= calm);
    if !standing.iter().any(|alert| alert.finding.kind == AlertKind::Silence)
        || !engine::latest(connection)?.is_some_and(|session| long(session.started))
    {
        return Ok(None);
    }
    let reason = "an engine has run for long enough since".to_owned();
    Ok(Some(Verdict::Fine { kind: AlertKind::Silence, object: OBJECT.to_owned(), reason }))
}

/// Checks of pipelines that were not paused, due after `since` and up to `now`.
fn missed(connection: &Connection, workspace: &Workspace, since: Instant, now: Instant) -> Result<u64> {
    let mut missed = 0;
    for pipeline in &workspace.pipelines {
        if !pipelines::get(connection, &pipeline.name)?.is_some_and(|row| row.paused) {
            missed += due(&pipeline.landing.schedule, since, now);
        }
    }
    Ok(missed)
}

fn due(schedule: &Schedule, since: Instant, now: Instant) -> u64 {
    if let Schedule::Every { interval } = schedule {
        let step = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let slot = |at: Instant| at.timestamp_millis().div_euclid(step);
        return u64::try_from(slot(now) - slot(since)).unwrap_or(0);
    }
    let mut at = since;
    let mut due = 0;
    while let Some(next) = next_check(schedule, at).filter(|next| *next <= now && due < COUNTED) {
        at = next;
        due += 1;
    }
    due
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::due;
    use crate::config::Schedule;

    #[test]
    fn missed_checks_are_counted_by_the_schedule() {
        let at = |text: &str| text.parse().unwrap();
        let hourly = Schedule::Every { interval: Duration::from_secs(3600) };
        assert_eq!(due(&hourly, at("2024-05-01T22:04:00Z"), at("2024-05-02T07:31:00Z")), 9);
        assert_eq!(due(&hourly, at("2024-05-01T22:00:00Z"), at("2024-05-01T22:59:59Z")), 0);
        assert_eq!(due(&hourly, at("2024-05-01T22:00:00Z"), at("2024-05-01T20:00:00Z")), 0, "a clock set back");
        let weekdays = Schedule::Cron { expression: "0 6 * * MON-FRI".into(), time_zone: "UTC".into() };
        assert_eq!(due(&weekdays, at("2024-05-03T05:00:00Z"), at("2024-05-06T06:00:00Z")), 2);
        let always = Schedule::Cron { expression: "* * * * *".into(), time_zone: "UTC".into() };
        assert_eq!(due(&always, at("2023-05-03T05:00:00Z"), at("2024-05-06T06:00:00Z")), 10_000);
    }
}
