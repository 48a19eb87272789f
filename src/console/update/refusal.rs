//! Why something cannot be done here and now. The footer dims it, and asking for it all the same says why.

use super::{registry, why};
use crate::console::action::Link;
use crate::console::keymap::Act;
use crate::console::ledger;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::console::verb::Verb;

/// The reason, in one sentence; `None` when it can be done.
pub fn refusal(state: &State, act: Act) -> Option<String> {
    if (needs_engine(act) || act == Act::WriteSettings) && state.settings.read_only {
        return Some("this console only looks: read_only is switched on in its settings (,)".into());
    }
    if needs_engine(act) && act != Act::StopEngine && state.goal.is_some() {
        return Some("this is the past, which nobody changes: ctrl-n goes back to now".into());
    }
    if needs_engine(act) && !matches!(state.link, Link::Up { .. }) {
        return Some(match &state.link {
            Link::Foreign(protocol) => format!("the engine speaks protocol {protocol}: leave and start it anew"),
            _ => "the engine does not answer: nothing can be asked of it now".into(),
        });
    }
    if let Some(verb) = Verb::of(act) {
        return unanswerable(state, verb);
    }
    if let Some(verb) = ledger::verb(act) {
        let files = state.chosen_files();
        if files.is_empty() {
            return Some("there is no file here".into());
        }
        return none_of(&files, "files", |file| ledger::refusal(verb, file));
    }
    match act {
        Act::Rerun => match state.run() {
            None => Some("there is no run here yet".into()),
            Some(run) if !run.state.is_final() => Some(format!("run {} is not over yet", run.id)),
            Some(_) => None,
        },
        Act::Cancel => match state.run() {
            None => Some("there is no run here yet".into()),
            Some(run) if run.state.is_final() => Some(format!("run {} is over ({})", run.id, run.state)),
            Some(_) => None,
        },
        Act::Check | Act::Pause => state.card().is_none().then(|| "there is no pipeline yet".into()),
        Act::Mark | Act::MarkAll if state.place == Place::Files => {
            state.file().is_none().then(|| "there is no file here".into())
        }
        Act::Mark | Act::MarkAll | Act::Fold | Act::FoldAll => {
            state.alert().is_none().then(|| "there is no alert here".into())
        }
        Act::Redeliver => {
            let page = state.pages.deliveries.as_ref();
            page.is_none_or(|page| page.undelivered.is_empty()).then(|| "everything was delivered".into())
        }
        Act::OpenFile => {
            let page = state.pages.alert.as_ref();
            page.is_none_or(|page| page.file.is_none()).then(|| "this is about no file of the ledger".into())
        }
        Act::Promote => registry::unfit(state),
        Act::RollBack => registry::nowhere(state),
        Act::Now | Act::Later | Act::HourLater => {
            state.goal.is_none().then(|| "this is now already: < and @ lead to earlier instants".into())
        }
        Act::OtherPane => state.beside.is_none().then(|| "there is one pane only: | opens another".into()),
        Act::OpenRun => state.related_run().is_none().then(|| "this is about no run".into()),
        Act::Why => why::refusal(state),
        Act::Undo => state.undo.is_empty().then(|| "there is nothing to take back".into()),
        Act::Compare | Act::MarkRun => state.run().is_none().then(|| "there is no run here yet".into()),
        Act::WholeDataset => {
            let empty = state.pages.data.as_ref().is_none_or(|data| data.parts.is_empty());
            empty.then(|| "this dataset is still empty".into())
        }
        Act::OpenPage => state.selected_index(List::Reports).is_none().then(|| "there is no report yet".into()),
        Act::NextPipeline | Act::PreviousPipeline if !state.place.of_one_pipeline() => match state.place {
            Place::Overview => None,
            _ => Some("this screen shows every pipeline".into()),
        },
        _ => None,
    }
}

/// Why none of the alerts that the answer would go to takes it.
fn unanswerable(state: &State, verb: Verb) -> Option<String> {
    let targets = state.targets();
    if targets.is_empty() {
        return Some(match state.need().filter(|need| state.place == Place::Overview && need.alerts > 1) {
            Some(need) => format!("these are {} alerts of one run: ⏎ shows them", need.alerts),
            None => "no alert here needs an answer".into(),
        });
    }
    none_of(&targets, "alerts", |alert| verb.refusal(alert))
}

/// Why none of these can be asked: the reason of the first.
fn none_of<T>(targets: &[&T], what: &str, refusal: impl Fn(&T) -> Option<String>) -> Option<String> {
    let reason = refusal(targets.first()?)?;
    match targets.len() {
        1 => Some(reason),
        n => {
            let none = targets.iter().all(|target| refusal(target).is_some());
            none.then(|| format!("none of the {n} marked {what}: {reason}"))
        }
    }
}

fn needs_engine(act: Act) -> bool {
    let of_runs = matches!(act, Act::Rerun | Act::Cancel | Act::Check | Act::Pause | Act::Undo);
    let of_others = matches!(act, Act::Promote | Act::RollBack | Act::Redeliver | Act::TestChannel | Act::StopEngine);
    of_runs || of_others || Verb::of(act).is_some() || ledger::verb(act).is_some()
}
