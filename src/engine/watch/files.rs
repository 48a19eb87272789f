//! Files that did not go the usual way: in quarantine, overwritten after use, not settling, missing from their set.

use crate::alerts::baseline::date_in_name;
use crate::alerts::{incomplete_set, overwritten, quarantine, unsettled};
use crate::config::Pipeline;
use crate::config::rules::Together;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict};
use crate::domain::file::FileState;
use crate::domain::text::one_line;
use crate::engine::schedule::next_check;
use crate::store::{Connection, Result, alerts, files, ledger};

use super::header;

/// Sets whose first file came longer ago are no longer judged: what is missing then does not come any more.
const SETS_OF: chrono::Duration = chrono::Duration::days(7);

/// What there is to say of a pipeline's files now. That one of them is fine is said only where an alert stands; of a
/// kind of which there is nothing to say, that all are, under no object.
pub fn files(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Vec<Verdict>> {
    let standing: Vec<(AlertKind, String)> = alerts::open(connection, Some(&pipeline.name))?
        .into_iter()
        .map(|alert| (alert.finding.kind, alert.finding.object))
        .collect();
    let of = |kind: AlertKind| standing.iter().filter(move |(k, _)| *k == kind).map(|(_, object)| object.as_str());
    let mut verdicts = lying(connection, pipeline, of(AlertKind::Quarantine), now)?;
    verdicts.extend(replaced(connection, pipeline, of(AlertKind::Overwritten), now)?);
    verdicts.extend(restless(connection, pipeline, of(AlertKind::Unsettled), now)?);
    verdicts.extend(sets(connection, pipeline, now)?);
    verdicts.retain(|verdict| match verdict {
        Verdict::Fine { kind, object, .. } => standing.contains(&(*kind, object.clone())),
        _ => true,
    });
    for kind in [AlertKind::Quarantine, AlertKind::Overwritten, AlertKind::Unsettled] {
        if verdicts.iter().all(|verdict| verdict.about().0 != kind) {
            let reason = "nothing of the kind is known of any file".to_owned();
            verdicts.push(Verdict::Fine { kind, object: String::new(), reason });
        }
    }
    Ok(verdicts)
}

/// What lies in quarantine, and what has left it.
fn lying<'a>(
    connection: &Connection,
    pipeline: &Pipeline,
    standing: impl Iterator<Item = &'a str>,
    now: Instant,
) -> Result<Vec<Verdict>> {
    let rule = &pipeline.alerts.quarantine;
    let mut verdicts = Vec::new();
    let rows = files::in_state(connection, &pipeline.name, FileState::Quarantined)?;
    let headers = if rows.is_empty() { Vec::new() } else { header::headers(connection, pipeline)? };
    for row in &rows {
        let since = files::history(connection, row.id)?.last().map_or(row.first_seen, |(at, ..)| *at);
        let change = header::change(&headers, row.id);
        let (key, state, reason) = (row.key.as_str(), row.state, row.reason.as_str());
        verdicts.push(quarantine::judge(
            &quarantine::Look { key, state, reason, since, change: change.as_deref() },
            now,
            rule,
        ));
    }
    for object in standing.filter(|object| rows.iter().all(|row| one_line(&row.key) != **object)) {
        let newest = files::named(connection, Some(&pipeline.name), object)?.pop();
        let state = newest.map_or(FileState::Vanished, |row| row.state);
        verdicts.push(quarantine::judge(
            &quarantine::Look { key: object, state, reason: "", since: now, change: None },
            now,
            rule,
        ));
    }
    Ok(verdicts)
}

/// New versions of files that a run had used.
fn replaced<'a>(
    connection: &Connection,
    pipeline: &Pipeline,
    standing: impl Iterator<Item = &'a str>,
    now: Instant,
) -> Result<Vec<Verdict>> {
    let rule = &pipeline.alerts.overwritten;
    let keep = chrono::Duration::from_std(rule.keep).unwrap_or_default();
    let pairs = ledger::overwritten(connection, &pipeline.name, now - keep)?;
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (newer, used) in &pairs {
        let look = overwritten::Look {
            file: &one_line(&newer.key),
            state: newer.state,
            seen: newer.first_seen,
            run: newer.run,
            bytes: (newer.bytes, used.bytes),
            rows: (newer.rows, used.rows),
            used_by: used.run,
        };
        verdicts.push(overwritten::judge(&look, now, rule));
    }
    for object in standing.filter(|object| pairs.iter().all(|(newer, _)| one_line(&newer.key) != **object)) {
        let reason = "the new version has been run, or has gone".to_owned();
        verdicts.push(Verdict::Fine { kind: AlertKind::Overwritten, object: object.to_owned(), reason });
    }
    Ok(verdicts)
}

/// Files that were found unfinished, and do not come to rest. Of one that was only listed so far nothing is known: the
/// look that decides may not have been due yet, or not have been made (a pipeline that is paused).
fn restless<'a>(
    connection: &Connection,
    pipeline: &Pipeline,
    standing: impl Iterator<Item = &'a str>,
    now: Instant,
) -> Result<Vec<Verdict>> {
    let settle_max = pipeline.landing.settle_max;
    let after = pipeline.alerts.unsettled.after.unwrap_or(settle_max / 2);
    let rows = files::in_state(connection, &pipeline.name, FileState::Settling)?;
    let mut verdicts: Vec<Verdict> = rows
        .iter()
        .filter_map(|row| {
            let (key, reason) = (row.key.as_str(), row.reason.as_str());
            unsettled::judge(&unsettled::Look { key, first_seen: row.first_seen, reason, after, settle_max }, now)
        })
        .collect();
    for object in standing.filter(|object| rows.iter().all(|row| one_line(&row.key) != **object)) {
        let newest = files::named(connection, Some(&pipeline.name), object)?.pop();
        let reason = newest.map_or("the file has gone".to_owned(), |row| format!("the file is {}", row.state));
        verdicts.push(Verdict::Fine { kind: AlertKind::Unsettled, object: object.to_owned(), reason });
    }
    Ok(verdicts)
}

/// Sets of which files have arrived lately.
fn sets(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Vec<Verdict>> {
    let rule = &pipeline.alerts.incomplete_set;
    if rule.expect.is_empty() && rule.files_per_set.is_none() {
        return Ok(Vec::new());
    }
    let label = |key: &str, at: Instant| match rule.together {
        Together::Day => date_in_name(key).unwrap_or(at.date_naive()).to_string(),
        Together::Check => match next_check(&pipeline.landing.schedule, at) {
            Some(check) => format!("the check of {}", check.format("%Y-%m-%d %H:%M UTC")),
            None => at.date_naive().to_string(),
        },
    };
    let mut members: Vec<incomplete_set::Member> = files::newest_versions(connection, &pipeline.name)?
        .into_iter()
        .filter(|row| row.state != FileState::Vanished)
        .map(|row| incomplete_set::Member {
            set: label(&row.key, row.first_seen),
            file: one_line(&row.key),
            first_seen: row.first_seen,
        })
        .collect();
    let young: std::collections::BTreeSet<String> =
        members.iter().filter(|member| now - member.first_seen < SETS_OF).map(|member| member.set.clone()).collect();
    members.retain(|member| young.contains(&member.set));
    Ok(incomplete_set::judge(&members, now, rule))
}
