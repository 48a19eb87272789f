//! What operators answer to alerts: done, kept with who, when and why, and told, in one transaction.

use chrono::Duration;

use crate::alerts::lifecycle::tell;
use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertState, Mute};
use crate::domain::text::one_line;
use crate::domain::wire::Command;
use crate::lake::crash;
use crate::store::{Result, StoreError, Transaction, alerts, events, mutes};

use super::life;

/// Longest mute.
const LONGEST_MUTE: Duration = Duration::days(30);

/// An answer on its way: who gives it, where and when.
struct Answer<'a, 't> {
    tx: &'a Transaction<'t>,
    workspace: &'a Workspace,
    who: &'a str,
    now: Instant,
}

/// Carries out an answer to an alert; answers what was done, in one sentence.
///
/// # Errors
/// [`StoreError::Forbidden`] with the reason when it cannot be done; then nothing is.
pub fn answer(
    tx: &Transaction<'_>,
    workspace: &Workspace,
    who: &str,
    command: &Command,
    now: Instant,
) -> Result<String> {
    let answer = Answer { tx, workspace, who, now };
    let (what, alert, why, said) = match command {
        Command::Acknowledge { alert, note } => ("acknowledge", *alert, words(note), answer.acknowledge(*alert, note)?),
        Command::Unacknowledge { alert } => ("unacknowledge", *alert, None, answer.unacknowledge(*alert)?),
        Command::Mute { alert, until, reason } => {
            let reason = one_line(reason.trim());
            let said = answer.mute(*alert, *until, &reason)?;
            ("mute", *alert, Some(reason), said)
        }
        Command::Unmute { alert } => ("unmute", *alert, None, answer.unmute(*alert)?),
        Command::MarkNormal { alert, note } => ("normal", *alert, words(note), answer.normal(*alert, note)?),
        Command::Judge { alert, alarm, note } => ("judge", *alert, words(note), answer.judge(*alert, *alarm, note)?),
        Command::Resolve { alert, note } => ("resolve", *alert, words(note), answer.resolve(*alert, note)?),
        other => return Err(StoreError::Forbidden(format!("{other:?} is no answer to an alert"))),
    };
    events::operation(tx, who, what, &format!("alert {alert}"), why.as_deref(), &said, now)?;
    crash::point("alert-answering");
    life::settle(tx, workspace, now)?;
    Ok(said)
}

impl Answer<'_, '_> {
    fn acknowledge(&self, id: i64, note: &Option<String>) -> Result<String> {
        let text = words(note).unwrap_or_default();
        alerts::set_state(self.tx, id, AlertState::Acknowledged, self.who, &text, self.now)?;
        if let Some(occasion) = tell::tell_acknowledged(&alerts::required(self.tx, id)?) {
            life::tell_of(self.tx, self.workspace, id, occasion, self.now)?;
        }
        Ok(format!("alert {id} is acknowledged"))
    }

    fn unacknowledge(&self, id: i64) -> Result<String> {
        let alert = alerts::required(self.tx, id)?;
        if alert.state != AlertState::Acknowledged {
            return forbid(format!("alert {id} is {}, not acknowledged", alert.state));
        }
        let muted = alert.muted_until.is_some_and(|until| until > self.now);
        let next = if muted { AlertState::Muted } else { AlertState::Firing };
        alerts::set_state(self.tx, id, next, self.who, "the acknowledgement was taken back", self.now)?;
        Ok(format!("alert {id} is {next}"))
    }

    fn mute(&self, id: i64, until: Instant, reason: &str) -> Result<String> {
        let print = alerts::required(self.tx, id)?.fingerprint();
        if reason.is_empty() {
            return forbid("a mute needs a reason".into());
        }
        if until <= self.now {
            return forbid(format!("a mute must end in the future, not at {}", minute(until)));
        }
        if until > self.now + LONGEST_MUTE {
            return forbid(format!("a mute lasts 30 days at most: until {}", minute(self.now + LONGEST_MUTE)));
        }
        let (who, since) = (self.who.to_owned(), self.now);
        let mute = Mute { fingerprint: print.clone(), until, reason: reason.to_owned(), who, since };
        mutes::set(self.tx, &mute)?;
        let note = format!("muted until {}: {reason}", minute(until));
        // A mute is about the trouble: of an alert that is over it concerns the one that stands now, and later ones.
        let newest = alerts::episodes(self.tx, &print, 1)?.pop();
        match newest.filter(|row| row.state.is_open()) {
            Some(open) if open.state == AlertState::Muted => {
                alerts::remark(self.tx, open.id, self.who, &note, self.now)?;
            }
            Some(open) => alerts::set_state(self.tx, open.id, AlertState::Muted, self.who, &note, self.now)?,
            None => alerts::remark(self.tx, id, self.who, &note, self.now)?,
        }
        Ok(format!("alert {id} is muted until {}", minute(until)))
    }

    fn unmute(&self, id: i64) -> Result<String> {
        let print = alerts::required(self.tx, id)?.fingerprint();
        if !mutes::end(self.tx, &print)? {
            return forbid(format!("alert {id} is not muted"));
        }
        let newest = alerts::episodes(self.tx, &print, 1)?.pop();
        match newest.filter(|row| row.state == AlertState::Muted) {
            Some(open) => {
                alerts::set_state(self.tx, open.id, AlertState::Firing, self.who, "the mute was ended", self.now)?;
                alerts::owe(self.tx, open.id)?;
            }
            None => alerts::remark(self.tx, id, self.who, "the mute was ended", self.now)?,
        }
        Ok(format!("alert {id} is no longer muted"))
    }

    fn normal(&self, id: i64, note: &Option<String>) -> Result<String> {
        let alert = alerts::required(self.tx, id)?;
        if alert.normal.is_some() {
            return forbid(format!("alert {id} was called normal before"));
        }
        let note = words(note).map_or("normal".to_owned(), |note| format!("normal: {note}"));
        alerts::set_normal(self.tx, id, self.now)?;
        if alert.alarm.is_none() {
            alerts::set_alarm(self.tx, id, Alarm::False)?;
        }
        if alert.state.is_open() {
            life::conclude(self.tx, self.workspace, id, self.who, &note, self.now)?;
        } else {
            alerts::remark(self.tx, id, self.who, &note, self.now)?;
        }
        Ok(format!("alert {id} is over: what it saw counts as usual from now on"))
    }

    fn judge(&self, id: i64, alarm: Alarm, note: &Option<String>) -> Result<String> {
        let alert = alerts::required(self.tx, id)?;
        if alert.fired.is_none() {
            return forbid(format!("alert {id} has never fired: there is nothing to judge"));
        }
        alerts::set_alarm(self.tx, id, alarm)?;
        let because = words(note).map(|note| format!(": {note}")).unwrap_or_default();
        alerts::remark(self.tx, id, self.who, &format!("a {alarm} alarm{because}"), self.now)?;
        Ok(format!("alert {id} counts as a {alarm} alarm"))
    }

    fn resolve(&self, id: i64, note: &Option<String>) -> Result<String> {
        let note = words(note).unwrap_or_default();
        life::conclude(self.tx, self.workspace, id, self.who, &note, self.now)?;
        Ok(format!("alert {id} is resolved"))
    }
}

fn forbid<T>(message: String) -> Result<T> {
    Err(StoreError::Forbidden(message))
}

/// What an operator said, safe and without blanks around it; nothing when it is empty.
fn words(note: &Option<String>) -> Option<String> {
    let text = one_line(note.as_deref()?.trim());
    (!text.is_empty()).then_some(text)
}

fn minute(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
