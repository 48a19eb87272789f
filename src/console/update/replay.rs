//! Replaying the rules as the files of the configuration have them now.

use super::{navigate, perform};
use crate::alerts::replay::ReplayReport;
use crate::console::action::{Effect, ReplayRequest};
use crate::console::place::Place;
use crate::console::state::State;

/// Begins anew: the files may have been changed since.
pub fn begin(state: &mut State) -> Vec<Effect> {
    let mut effects = if state.place == Place::Replay { Vec::new() } else { navigate::into(state, Place::Replay) };
    let replay = &mut state.pages.replay;
    replay.number += 1;
    replay.outcome = None;
    state.version += 1;
    effects.push(Effect::Replay(Some(ReplayRequest { number: replay.number, to: state.now })));
    effects
}

/// Takes what came of a replay, unless another one was asked for since, or none any more.
pub fn done(state: &mut State, number: u64, outcome: Result<ReplayReport, String>) -> Vec<Effect> {
    if number != state.pages.replay.number || !state.place.is_replay() {
        return Vec::new();
    }
    state.pages.replay.outcome = Some(outcome);
    state.version += 1;
    // A key that came before the list is not lost.
    state.pending.take().map(|act| perform(state, act)).unwrap_or_default()
}

/// Ends the replay that is under way.
pub fn forget(state: &State) -> Option<Effect> {
    state.pages.replay.outcome.is_none().then_some(Effect::Replay(None))
}
