//! Alerts through their life: what detectors and operators say and what time brings, each with what it leads to and
//! what is told of it, in one transaction.

mod hear;
mod record;

#[cfg(test)]
mod tests;

use crate::alerts::lifecycle::look::{Known, digest, follow};
use crate::alerts::lifecycle::{due, inhibit, tell};
use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{Verdict, fingerprint};
use crate::store::{Result, Transaction, alerts, mutes, pipelines, standings};

pub use hear::hear;
pub use record::{conclude, tell_of};

/// What was said of a pipeline at one look.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// What detectors said.
    pub verdicts: &'a [Verdict],
    /// The run it is about, if it is about one.
    pub run: Option<i64>,
    /// Whether a timer looked, rather than something happened.
    pub timer: bool,
}

/// Takes verdicts through the life cycle. Answers whether anything changed.
pub fn apply(tx: &Transaction<'_>, workspace: &Workspace, look: &Look<'_>, now: Instant) -> Result<bool> {
    let rules = workspace.alert_rules(look.pipeline);
    let asked = |verdict: &&Verdict| rules.policy(verdict.about().0).enabled;
    let (said, dropped): (Vec<&Verdict>, Vec<&Verdict>) = look.verdicts.iter().partition(asked);
    for verdict in dropped {
        standings::forget(tx, look.pipeline, verdict.about().0)?;
    }
    standings::record(tx, look.pipeline, &said, now)?;
    let mut changed = false;
    for ((kind, object), seen) in digest(&rules, look.verdicts) {
        let print = fingerprint(look.pipeline, kind, &object);
        let newest = alerts::episodes(tx, &print, 1)?.pop();
        let steps = follow(
            &seen,
            &Known {
                newest: newest.as_ref(),
                muted: mutes::get(tx, &print, now)?.is_some(),
                policy: &rules.policy(kind),
                timer: look.timer,
                now,
            },
        );
        changed |= !steps.is_empty();
        for step in steps {
            record::step(tx, workspace, look, newest.as_ref(), step, now)?;
        }
    }
    if changed {
        settle(tx, workspace, now)?;
    }
    Ok(changed)
}

/// What time, the configuration and alerts among themselves lead to, whatever detectors say; and what is told of it.
/// Answers whether anything changed.
pub fn settle(tx: &Transaction<'_>, workspace: &Workspace, now: Instant) -> Result<bool> {
    mutes::end_due(tx, now)?;
    let mut open = alerts::open(tx, None)?;
    let mut changed = false;
    for alert in &open {
        let kind = alert.finding.kind;
        let policy = workspace.alert_rules(&alert.pipeline).policy(kind);
        if let Some(step) = due::due(alert, &policy, now) {
            let look = Look { pipeline: &alert.pipeline, verdicts: &[], run: alert.run, timer: true };
            record::step(tx, workspace, &look, Some(alert), step, now)?;
            changed = true;
        }
    }
    changed |= record::calm(tx, workspace, now)?;
    if changed {
        open = alerts::open(tx, None)?;
    }
    let explained = inhibit::explanations(&open);
    for alert in &mut open {
        let by = explained.get(&alert.id).copied();
        if by != alert.inhibited_by {
            alerts::set_inhibited(tx, alert.id, by)?;
            alert.inhibited_by = by;
            changed = true;
        }
    }
    for alert in &open {
        // Only what is told for the first time depends on how often it came and went before.
        let changes = match alert.told {
            None => alerts::changes(tx, &alert.fingerprint(), now - tell::HOUR)?.0,
            Some(_) => 0,
        };
        if let Some(occasion) = tell::tell(alert, changes, &workspace.life, now) {
            record::tell_of(tx, workspace, alert.id, occasion, now)?;
            changed = true;
        }
    }
    Ok(changed)
}

/// Ends the alerts of pipelines that have been removed from the configuration.
pub fn retire(tx: &Transaction<'_>, workspace: &Workspace, now: Instant) -> Result<()> {
    for known in pipelines::list(tx)?.iter().filter(|known| workspace.pipeline(&known.name).is_none()) {
        for alert in alerts::open(tx, Some(&known.name))? {
            conclude(tx, workspace, alert.id, "landfall", "its pipeline was removed", now)?;
        }
    }
    Ok(())
}
