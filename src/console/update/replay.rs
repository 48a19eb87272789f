//! Replaying the rules as the files of the configuration have them now.

use super::navigate;
use crate::alerts::replay::ReplayReport;
use crate::console::action::{Effect, ReplayRequest};
use crate::console::place::Place;
use crate::console::state::State;

/// Begins anew: the files may have been changed since.
pub fn begin(state: &mut State) -> Vec<Effect> {
    state.pages.replay.outcome = None;
    match state.place {
        Place::Replay => vec![ask(state)],
        _ => navigate::into(state, Place::Replay),
    }
}

/// A replay that is not there begins with its screen, and ends with it.
pub fn moved(state: &mut State, before: &Place) -> Option<Effect> {
    if state.pages.replay.outcome.is_some() {
        return None;
    }
    match (before.is_replay(), state.place.is_replay()) {
        (false, true) => Some(ask(state)),
        (true, false) => Some(Effect::Replay(None)),
        _ => None,
    }
}

fn ask(state: &mut State) -> Effect {
    let replay = &mut state.pages.replay;
    replay.number += 1;
    state.version += 1;
    Effect::Replay(Some(ReplayRequest { number: replay.number, to: state.now }))
}

/// Takes what came of a replay, unless another one was asked for since, or none any more.
pub fn done(state: &mut State, number: u64, outcome: Result<ReplayReport, String>) -> Vec<Effect> {
    if number != state.pages.replay.number || !state.place.is_replay() {
        return Vec::new();
    }
    state.pages.replay.outcome = Some(outcome);
    state.version += 1;
    super::keys::ahead(state)
}
