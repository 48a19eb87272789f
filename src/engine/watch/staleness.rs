//! Is upstream late, does the data stand still, is nothing published? Asked on a timer, whatever runs.

use crate::alerts::staleness::arrivals::{Arrival, arrivals, fresh, instants};
use crate::alerts::staleness::slots::{Slot, settle};
use crate::alerts::staleness::{self, ARRIVAL, DATA_TIME, Look, OUTPUT, advance};
use crate::config::Pipeline;
use crate::config::rules::StalenessRule;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict};
use crate::store::{
    Connection, Result, Transaction, alerts, deadlines, engine, files, parts, pipelines, runs, triggers,
};

/// Files, outputs and commits looked back at.
const HISTORY: usize = 400;
/// Sessions of the engine looked back at.
const SESSIONS: usize = 100;
/// Slots made at once, after a long downtime.
const MOST_SLOTS: usize = 1000;
/// Slots judged and shown.
const SLOTS: usize = 60;

/// Judges the three ages of a pipeline, and keeps the deadlines of its declared slots.
pub fn stale(tx: &Transaction<'_>, pipeline: &Pipeline, watched_since: Instant, now: Instant) -> Result<Vec<Verdict>> {
    if !pipeline.alerts.policy(AlertKind::Staleness).enabled {
        return Ok(Vec::new());
    }
    let (name, rule) = (&pipeline.name, &pipeline.alerts.staleness);
    let seen = files::arrived(tx, name, HISTORY)?;
    let fresh = fresh(&arrivals(seen.iter().map(|(at, key)| (*at, key.as_str()))));
    let awake = engine::awake(tx, SESSIONS, now)?;
    let slots = keep_slots(tx, name, rule, &fresh, &awake, watched_since, now)?;
    let mut outages = alerts::spans(tx, name, AlertKind::Staleness, ARRIVAL, now)?;
    outages.extend(awake.windows(2).map(|pair| (pair[0].1, pair[1].0)));
    let paused = pipelines::get(tx, name)?.is_some_and(|row| row.paused);
    let newest = triggers::list(tx, name, 1)?.pop();
    let blind = newest.as_ref().and_then(|row| row.answer.reason.strip_prefix("cannot look: "));
    let look = Look { now, arrivals: &fresh, watched_since, rule, slots: &slots, outages: &outages, paused, blind };
    let mut verdicts = vec![staleness::judge(&look)];
    verdicts.extend(advances(tx, pipeline, &fresh, watched_since, now, paused)?);
    Ok(verdicts)
}

fn advances(
    connection: &Connection,
    pipeline: &Pipeline,
    fresh: &[Arrival],
    watched_since: Instant,
    now: Instant,
    paused: bool,
) -> Result<[Verdict; 2]> {
    let (name, rule) = (&pipeline.name, &pipeline.alerts.staleness);
    let commits = parts::newest_events(connection, name, HISTORY)?;
    let newest = commits.iter().map(|(_, event)| *event).max();
    let newer = advance::advanced(&commits);
    let published = runs::published(connection, name, HISTORY)?;
    let came = instants(fresh);
    let output = advance::Look {
        object: OUTPUT,
        now,
        newest: published.last().copied(),
        advances: &published,
        causes: &came,
        gaps: 0.0,
        declared: rule.output_after,
        watched_since,
        rule,
        paused,
    };
    // One output without a newer event may be a correction; a second one in the usual time is not.
    let data = advance::Look {
        object: DATA_TIME,
        newest,
        advances: &newer,
        causes: &published,
        gaps: 1.5,
        declared: rule.data_after,
        ..output.clone()
    };
    Ok([advance::judge(&data), advance::judge(&output)])
}

/// Records every slot up to the next one, so that its miss is known whatever happens, and what became of those before.
fn keep_slots(
    tx: &Transaction<'_>,
    pipeline: &str,
    rule: &StalenessRule,
    fresh: &[Arrival],
    awake: &[(Instant, Instant)],
    watched_since: Instant,
    now: Instant,
) -> Result<Vec<Slot>> {
    let Some(schedule) = &rule.expect else { return Ok(Vec::new()) };
    let from = deadlines::newest_slot(tx, pipeline, ARRIVAL)?.unwrap_or(watched_since);
    if from <= now {
        let next = schedule.next_after(now);
        for slot in schedule.between(from, now, MOST_SLOTS).into_iter().chain(next) {
            deadlines::expect(tx, pipeline, ARRIVAL, slot, Slot::open(slot, rule).due)?;
        }
    }
    let rows = deadlines::of_object(tx, pipeline, ARRIVAL, SLOTS)?;
    let mut slots: Vec<Slot> = rows
        .iter()
        .map(|row| Slot {
            slot: row.slot,
            due: row.due,
            met: row.met,
            missed: row.missed,
            excused: row.excused.clone().or_else(|| dropped(row, schedule)),
        })
        .collect();
    settle(&mut slots, rule, fresh, now, |at| awake.iter().any(|(begin, end)| (*begin..=*end).contains(&at)));
    for (row, slot) in rows.iter().zip(&slots) {
        if (row.met, row.missed, &row.excused) != (slot.met, slot.missed, &slot.excused) {
            deadlines::settle(tx, row.id, slot.met, slot.missed, slot.excused.as_deref())?;
        }
    }
    slots.retain(|slot| schedule.has(slot.slot));
    Ok(slots)
}

/// A slot that the schedule, as it is now, does not have.
fn dropped(row: &deadlines::DeadlineRow, schedule: &crate::config::Schedule) -> Option<String> {
    (row.met.is_none() && !schedule.has(row.slot)).then(|| "the schedule was changed".to_owned())
}
