//! Answers to alerts: which, to whom, with what note.

use tui_input::Input;

use super::batch;
use crate::console::action::{Ask, Effect};
use crate::console::format;
use crate::console::layer::{Answer, Choice, Goal, Layer, Mute, Outcome, Prompt};
use crate::console::place::List;
use crate::console::state::{State, Undo};
use crate::console::until;
use crate::console::verb::Verb;
use crate::domain::wire::Command;
use crate::store::triage::View;

/// Asks what there is to ask before an answer is sent, or sends it.
pub fn answer(state: &mut State, verb: Verb) -> Vec<Effect> {
    let fitting: Vec<_> = state.targets().into_iter().filter(|alert| verb.refusal(alert).is_none()).collect();
    let alerts: Vec<i64> = fitting.iter().map(|alert| alert.id).collect();
    let Some(first) = fitting.first() else { return Vec::new() };
    let (title, said) = match alerts.len() {
        1 => (format!("{}: {} of {}", verb.name(), first.finding.kind, first.pipeline), first.finding.message.clone()),
        n => {
            let others = state.targets().len() - n;
            let skipped = if others > 0 { format!(" {others} marked ones are not concerned.") } else { String::new() };
            let title = format!("{}: {}", verb.name(), format::counted(n as u64, "alert"));
            (title, format!("The first of them: {}{skipped}", first.finding.message))
        }
    };
    let body = vec![said, verb.meaning().to_owned()];
    match verb {
        Verb::Acknowledge | Verb::Resolve => {
            state.layers.push(Layer::Prompt(Prompt::new(title, body, Goal::Answer(verb, alerts))));
        }
        Verb::Mute => state.layers.push(Layer::Mute(Mute::new(title, body, alerts))),
        Verb::MarkNormal => {
            let answer = |label, outcome, grave| Answer { label, about: "", outcome, grave };
            let answers = vec![
                answer("Leave it", Outcome::Close, false),
                answer(verb.name(), Outcome::Answer(verb, alerts), true),
            ];
            state.layers.push(Layer::Choice(Choice { title, body, answers, selected: 0 }));
        }
        Verb::TakeBack | Verb::Unmute | Verb::Judge(_) => {
            let now = state.now;
            return send(state, verb, &alerts, "", now);
        }
    }
    Vec::new()
}

/// What can be chosen of how long a mute lasts; the last one is typed.
pub const SPANS: [&str; 5] = ["1 hour", "4 hours", "until tomorrow 08:00", "7 days", "other"];

/// When a mute ends by what is chosen and typed.
pub fn ends(dialog: &Mute, now: crate::domain::Instant) -> Result<crate::domain::Instant, String> {
    match dialog.chosen {
        0 => until::until("1h", now),
        1 => until::until("4h", now),
        2 => Ok(until::tomorrow(now)),
        3 => until::until("7d", now),
        _ => until::until(dialog.own.value(), now),
    }
}

/// Sends an answer.
pub fn send(state: &mut State, verb: Verb, alerts: &[i64], text: &str, until: crate::domain::Instant) -> Vec<Effect> {
    let back = match verb {
        Verb::Acknowledge => Some(Verb::TakeBack),
        Verb::Mute => Some(Verb::Unmute),
        _ => None,
    };
    if let Some(back) = back {
        state.undo.push(Undo::Answer(back, alerts.to_vec()));
    }
    let commands = alerts.iter().map(|alert| verb.command(*alert, text, until)).collect();
    batch::send(state, verb.name(), "alert", commands)
}

/// Folds the group under the cursor, or unfolds it.
pub fn fold(state: &mut State) -> Vec<Effect> {
    let Some(group) = state.alert().map(crate::console::load::alerts::group) else { return Vec::new() };
    let first = state.alert().and_then(|alert| state.group_of(alert).first().map(|alert| alert.id.to_string()));
    if !state.triage.folded.remove(&group) {
        state.triage.folded.insert(group);
        // The line that stands for the group has the cursor.
        state.list_mut(List::Alerts).selected = first;
    }
    state.triage.folds += 1;
    Vec::new()
}

/// Folds every group, or unfolds all when one is folded.
pub fn fold_all(state: &mut State) -> Vec<Effect> {
    let group = crate::console::load::alerts::group;
    let alerts = state.pages.alerts.as_deref().unwrap_or_default();
    let first = state.alert().and_then(|alert| state.group_of(alert).first().map(|alert| alert.id.to_string()));
    if state.triage.folded.is_empty() {
        state.triage.folded = alerts.iter().map(group).collect();
        state.list_mut(List::Alerts).selected = first;
    } else {
        state.triage.folded.clear();
    }
    state.triage.folds += 1;
    Vec::new()
}

/// The view `by` further on.
pub fn view(state: &mut State, by: isize) -> Vec<Effect> {
    let at = View::ALL.iter().position(|view| *view == state.triage.view).unwrap_or(0);
    let to = at.saturating_add_signed(by).min(View::ALL.len() - 1);
    state.triage.view = View::ALL[to];
    looked_at_anew(state)
}

/// Critical only, then warnings, then infos, then all again.
pub fn severity(state: &mut State) -> Vec<Effect> {
    use crate::domain::alert::Severity::{Critical, Info, Warning};
    state.triage.severity = match state.triage.severity {
        None => Some(Critical),
        Some(Critical) => Some(Warning),
        Some(Warning) => Some(Info),
        Some(Info) => None,
    };
    looked_at_anew(state)
}

/// What is marked but no longer listed would be answered unseen.
fn looked_at_anew(state: &mut State) -> Vec<Effect> {
    state.marked.clear();
    state.list_mut(List::Alerts).selected = None;
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// Tries again what the channel under the cursor could not deliver.
pub fn redeliver(state: &mut State) -> Vec<Effect> {
    let channel = state.delivery().map(|entry| entry.channel().to_owned());
    vec![Effect::Send(Ask::Plain, Command::Redeliver { channel })]
}

/// Asks which channel to test; that of the line under the cursor is written already.
pub fn test_channel(state: &mut State) -> Vec<Effect> {
    let channel = state.delivery().map(|entry| entry.channel().to_owned()).unwrap_or_default();
    let said = "A test message is sent at once; what its receiver answers is said and logged.".into();
    let prompt = Prompt::new("Test a channel".into(), vec![said], Goal::TestChannel);
    state.layers.push(Layer::Prompt(Prompt { input: Input::new(channel), ..prompt }));
    Vec::new()
}
