//! Time travel: the whole console as of an earlier instant. What is on screen changes with the snapshot of that instant,
//! never half of it before.

use chrono::Duration;

use crate::console::action::Effect;
use crate::console::layer::{Goal, Layer, Prompt};
use crate::console::state::State;
use crate::console::until;
use crate::domain::Instant;
use crate::domain::job::Level;

/// Asks for an instant.
pub fn prompt(state: &mut State) -> Vec<Effect> {
    let said = vec![
        "Everything is shown as it stood then, and nothing can be changed there. An hour ago is 1h, yesterday 1d; or \
         14:02, 2013-03-09, 2013-03-09 14:02. Empty: now."
            .into(),
    ];
    state.layers.push(Layer::Prompt(Prompt::new("As of an earlier instant".into(), said, Goal::Instant)));
    Vec::new()
}

/// Goes to what was typed; answers what is wrong about it.
pub fn typed(state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
    if text.is_empty() || text == "now" {
        return Ok(to(state, None));
    }
    let at = until::since(text, state.clock)?;
    Ok(to(state, Some(at)))
}

/// Goes to an instant; none: back to now.
pub fn to(state: &mut State, at: Option<Instant>) -> Vec<Effect> {
    state.goal = at.filter(|at| *at < state.clock);
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// To where something happened, before or after the instant in view.
pub fn step(state: &State, back: bool) -> Vec<Effect> {
    vec![Effect::Step { from: state.goal.unwrap_or(state.clock), back }]
}

/// By hours.
pub fn shift(state: &mut State, hours: i64) -> Vec<Effect> {
    let at = state.goal.unwrap_or(state.clock) + Duration::hours(hours);
    to(state, Some(at))
}

/// Takes where a step leads; none: nothing happened beyond.
pub fn stepped(state: &mut State, back: bool, found: Result<Option<Instant>, String>) -> Vec<Effect> {
    match found {
        Ok(None) if back => {
            state.toast(Level::Info, "nothing happened before this instant");
            Vec::new()
        }
        Ok(at) => to(state, at),
        Err(problem) => {
            state.toast(Level::Warn, problem);
            Vec::new()
        }
    }
}
