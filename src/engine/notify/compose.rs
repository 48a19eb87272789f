//! From rows of the store to the notice that a message tells.

use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Notice, NoticeAlert, Occasion, fingerprint};
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result, alerts};

/// Most alerts that one message tells of; of more it tells the number.
const MOST: usize = 20;

/// What the alerts that are told together have in common.
pub(super) fn group(alert: &AlertRow) -> String {
    match alert.run {
        Some(run) => format!("{} run {run}", alert.pipeline),
        None => alert.pipeline.clone(),
    }
}

/// The notice, decided on at `at`, about these alerts as they are now, gravest first.
pub(super) fn notice(
    connection: &Connection,
    workspace: &Workspace,
    occasion: Occasion,
    ids: &[i64],
    at: Instant,
) -> Result<Notice> {
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(alerts::get(connection, *id)?);
    }
    rows.sort_by_key(|row| (std::cmp::Reverse(row.finding.severity), row.id));
    rows.dedup_by_key(|row| row.id);
    let total = rows.len();
    let group = match rows.first() {
        Some(first) if occasion != Occasion::Digest => group(first),
        _ => workspace.name.clone(),
    };
    rows.truncate(MOST);
    let told = rows.into_iter().map(|row| told(connection, row)).collect::<Result<_>>()?;
    let (workspace, link) = (workspace.name.clone(), workspace.link.clone());
    Ok(Notice { occasion, workspace, group, alerts: told, total, link, at })
}

fn told(connection: &Connection, row: AlertRow) -> Result<NoticeAlert> {
    let over = row.state == AlertState::Resolved;
    let newest = if over { alerts::history(connection, row.id)?.pop() } else { None };
    let answer = row.who.clone().filter(|who| who != "landfall").zip(Some(row.note.clone().unwrap_or_default()));
    Ok(NoticeAlert {
        id: row.id,
        fingerprint: fingerprint(&row.pipeline, row.finding.kind, &row.finding.object),
        actions: actions(&row),
        pipeline: row.pipeline,
        run: row.run,
        state: row.state,
        since: row.raised,
        answer,
        ended: newest.map(|(_, _, _, note)| note),
        finding: row.finding,
    })
}

/// What to do next, as commands that can be pasted into a shell.
fn actions(row: &AlertRow) -> Vec<String> {
    let id = row.id;
    let mut actions = Vec::new();
    if matches!(row.state, AlertState::Pending | AlertState::Firing) {
        actions.push(format!("landfall ack {id} --note \"…\""));
    }
    actions.push(format!("landfall alerts show {id}"));
    if row.state == AlertState::Resolved {
        return actions;
    }
    match (row.finding.kind, row.run) {
        (AlertKind::RunFailed | AlertKind::PublishFailed, Some(run)) => {
            actions.push(format!("landfall runs {run}"));
            actions.push(format!("landfall rerun {run} --failed"));
        }
        (AlertKind::LongRun | AlertKind::Heartbeat, Some(run)) => actions.push(format!("landfall runs {run}")),
        (AlertKind::FileSize | AlertKind::Quarantine | AlertKind::Overwritten | AlertKind::Unsettled, _) => {
            actions.push(format!("landfall files {}", quoted(&row.finding.object)));
        }
        _ => {}
    }
    actions
}

/// A word of a shell that means itself.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+:@".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_file_name_cannot_become_a_command() {
        assert_eq!(quoted("flights_2013-03-09.csv"), "flights_2013-03-09.csv");
        assert_eq!(quoted("a'; rm -rf ~; '.csv"), "'a'\\''; rm -rf ~; '\\''.csv'");
        assert_eq!(quoted("$(reboot).csv"), "'$(reboot).csv'");
        assert_eq!(quoted("--help"), "'--help'");
    }
}
