//! Why something cannot be done here and now. The footer dims it, and asking for it all the same says why.

use crate::console::action::Link;
use crate::console::keymap::Act;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::domain::alert::AlertState;

/// The reason, in one sentence; `None` when it can be done.
pub fn refusal(state: &State, act: Act) -> Option<String> {
    if needs_engine(act) && !matches!(state.link, Link::Up { .. }) {
        return Some(match &state.link {
            Link::Foreign(protocol) => format!("the engine speaks protocol {protocol}: leave and start it anew"),
            _ => "the engine does not answer: nothing can be asked of it now".into(),
        });
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
        Act::Acknowledge => match state.alert() {
            None => Some("no alert stands".into()),
            Some(alert) => (!alert.state.may_become(AlertState::Acknowledged))
                .then(|| format!("this alert is {} already", alert.state)),
        },
        Act::Resolve => match state.alert() {
            None => Some("there is no alert here".into()),
            Some(alert) => (!alert.state.is_open()).then(|| "this alert is resolved already".into()),
        },
        Act::OpenRun => state.related_run().is_none().then(|| "this is about no run".into()),
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

fn needs_engine(act: Act) -> bool {
    matches!(
        act,
        Act::Rerun | Act::Cancel | Act::Check | Act::Pause | Act::Acknowledge | Act::Resolve | Act::StopEngine
    )
}
