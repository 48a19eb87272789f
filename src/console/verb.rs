//! What an operator can say to an alert.

use super::keymap::Act;
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertState};
use crate::domain::wire::Command;
use crate::store::alerts::AlertRow;

/// An answer to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the commands")]
pub enum Verb {
    Acknowledge,
    TakeBack,
    Mute,
    Unmute,
    MarkNormal,
    Judge(Alarm),
    Resolve,
}

impl Verb {
    /// What a key asks for.
    pub fn of(act: Act) -> Option<Self> {
        Some(match act {
            Act::Acknowledge => Self::Acknowledge,
            Act::TakeBack => Self::TakeBack,
            Act::Mute => Self::Mute,
            Act::Unmute => Self::Unmute,
            Act::MarkNormal => Self::MarkNormal,
            Act::TrueAlarm => Self::Judge(Alarm::True),
            Act::FalseAlarm => Self::Judge(Alarm::False),
            Act::Resolve => Self::Resolve,
            _ => return None,
        })
    }

    /// Its name, to head a dialog with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledge",
            Self::TakeBack => "Take back",
            Self::Mute => "Mute",
            Self::Unmute => "Unmute",
            Self::MarkNormal => "Mark as normal",
            Self::Judge(Alarm::True) => "True alarm",
            Self::Judge(Alarm::False) => "False alarm",
            Self::Resolve => "Resolve",
        }
    }

    /// What it means, before it is done.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Acknowledge => "It stays open and keeps its place until it is over; nobody is called again.",
            Self::Mute => "Nobody is told of it, or of the same trouble later, until then.",
            Self::MarkNormal => "It is over, and what was seen counts as usual from now on: the same raises no alert.",
            Self::Resolve => "It is over. The same trouble raises a new alert.",
            _ => "",
        }
    }

    /// Why it cannot be said to this alert now, in one sentence.
    pub fn refusal(self, alert: &AlertRow) -> Option<String> {
        let state = alert.state;
        let over = || (!state.is_open()).then(|| "this alert is resolved already".to_owned());
        match self {
            Self::Acknowledge if state == AlertState::Pending => {
                Some("this alert is pending: nobody was called yet, so there is nothing to acknowledge".into())
            }
            Self::Acknowledge => {
                (!state.may_become(AlertState::Acknowledged)).then(|| format!("this alert is {state} already"))
            }
            Self::TakeBack => {
                (state != AlertState::Acknowledged).then(|| format!("this alert is {state}, not acknowledged"))
            }
            Self::Mute | Self::Resolve => over(),
            Self::Unmute => alert.muted_until.is_none().then(|| "this alert is not muted".into()),
            Self::MarkNormal => over(),
            Self::Judge(alarm) => {
                (alert.alarm == Some(alarm)).then(|| format!("this alert is called a {alarm} alarm already"))
            }
        }
    }

    /// The request that says it. An empty `text` is no note; `until` is when a mute ends.
    pub fn command(self, alert: i64, text: &str, until: Instant) -> Command {
        let text = text.trim();
        let note = (!text.is_empty()).then(|| text.to_owned());
        match self {
            Self::Acknowledge => Command::Acknowledge { alert, note },
            Self::TakeBack => Command::Unacknowledge { alert },
            Self::Mute => Command::Mute { alert, until, reason: text.to_owned() },
            Self::Unmute => Command::Unmute { alert },
            Self::MarkNormal => Command::MarkNormal { alert, note },
            Self::Judge(alarm) => Command::Judge { alert, alarm, note },
            Self::Resolve => Command::Resolve { alert, note },
        }
    }
}
